------------------------------- MODULE Dekker --------------------------------
(***************************************************************************)
(* Store, fence, look: how threads that delay stores see each other.       *)
(*                                                                         *)
(* A thread stores some data, announces itself, passes a fence, and looks  *)
(* at the announcements of all others.  It does so any number of times.    *)
(* Known from Dekker's algorithm.  Of two threads that have looked at each *)
(* other, one has seen the other; and a thread that sees an announcement   *)
(* sees the data before it.                                                *)
(*                                                                         *)
(*   data       [thread |-> how often its data was stored, in memory]      *)
(*   announced  [thread |-> its last announcement that is in memory]       *)
(*                                                                         *)
(* A thread's stores wait in a buffer of any length.  Each word has one    *)
(* thread that stores to it, and counts; so a buffer is the difference of  *)
(* what the thread has stored and what is in memory.  An announcement is a *)
(* release: it goes to memory after all stores before it.  Whatever else   *)
(* the thread has stored may only keep these stores back longer, and they  *)
(* may be kept back for any time.                                          *)
(*                                                                         *)
(* The hand-overs of StoreBuffers that are of this kind: publish, claim,   *)
(* lite, announce, revoke, keep, gate, finish and clear.  There each        *)
(* is written out as in the code, for one time.                            *)
(*                                                                         *)
(* Not modelled: loads out of order, see StoreBuffers.                     *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
    Threads,
    Times,        \* how often each announces itself, at most
    Fenced,       \* the threads that pass a fence before they look
    Releases      \* whether an announcement is a release, or a plain store

VARIABLES
    pc,           \* [thread |-> where it is]
    data, announced,
    \* of each thread, and its buffer:
    stored,       \* [thread |-> how often it has stored its data]
    times,        \* [thread |-> how often it has announced itself]
    toLook,       \* [thread |-> those at which it has yet to look]
    found         \* [thread |-> [other |-> the announcement that it has found]]

vars == <<pc, data, announced, stored, times, toLook, found>>

Init ==
    /\ pc = [t \in Threads |-> "rest"]
    /\ data = [t \in Threads |-> 0]
    /\ announced = [t \in Threads |-> 0]
    /\ stored = [t \in Threads |-> 0]
    /\ times = [t \in Threads |-> 0]
    /\ toLook = [t \in Threads |-> {}]
    /\ found = [t \in Threads |-> [u \in Threads |-> 0]]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* What a thread does ******************************************************)

StoreData(t) ==
    /\ pc[t] = "rest"
    /\ times[t] < Times
    /\ stored' = [stored EXCEPT ![t] = @ + 1]
    /\ Go(t, "announce")
    /\ UNCHANGED <<data, announced, times, toLook, found>>

Announce(t) ==
    /\ pc[t] = "announce"
    /\ times' = [times EXCEPT ![t] = @ + 1]
    /\ Go(t, "fence")
    /\ UNCHANGED <<data, announced, stored, toLook, found>>

\* Waits until its buffer is empty.
Fence(t) ==
    /\ pc[t] = "fence"
    /\ t \in Fenced => data[t] = stored[t] /\ announced[t] = times[t]
    /\ toLook' = [toLook EXCEPT ![t] = Threads \ {t}]
    /\ Go(t, "look")
    /\ UNCHANGED <<data, announced, stored, times, found>>

\* Loads the announcement of one of the others.
Look(t, u) ==
    /\ pc[t] = "look"
    /\ u \in toLook[t]
    /\ found' = [found EXCEPT ![t][u] = announced[u]]
    /\ toLook' = [toLook EXCEPT ![t] = @ \ {u}]
    /\ UNCHANGED <<pc, data, announced, stored, times>>

Rest(t) ==
    /\ pc[t] = "look"
    /\ toLook[t] = {}
    /\ Go(t, "rest")
    /\ UNCHANGED <<data, announced, stored, times, toLook, found>>

(* What goes from a buffer to memory, at any time **************************)

DrainData(t) ==
    /\ data[t] < stored[t]
    /\ data' = [data EXCEPT ![t] = @ + 1]
    /\ UNCHANGED <<pc, announced, stored, times, toLook, found>>

\* The data of each announcement was stored before it.
DrainAnnouncement(t) ==
    /\ announced[t] < times[t]
    /\ Releases => announced[t] < data[t]
    /\ announced' = [announced EXCEPT ![t] = @ + 1]
    /\ UNCHANGED <<pc, data, stored, times, toLook, found>>

(* All together ************************************************************)

Step(t) ==
    \/ StoreData(t) \/ Announce(t) \/ Fence(t) \/ Rest(t) \/ DrainData(t) \/ DrainAnnouncement(t)
    \/ \E u \in Threads : Look(t, u)

Next == (\E t \in Threads : Step(t)) \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

(* What is checked *********************************************************)

TypeOK ==
    /\ \A t \in Threads :
        /\ data[t] \in 0..Times /\ stored[t] \in 0..Times
        /\ announced[t] \in 0..Times /\ times[t] \in 0..Times

\* Since its last announcement, t has looked at u.
HasLooked(t, u) == pc[t] \in {"look", "rest"} /\ times[t] > 0 /\ u \notin toLook[t]

OneSeesTheOther ==
    \A t \in Threads : \A u \in Threads \ {t} :
        HasLooked(t, u) /\ HasLooked(u, t) =>
            found[t][u] = times[u] \/ found[u][t] = times[t]

\* An announcement shows the data that was stored before it.
DataIsThere == \A t \in Threads : \A u \in Threads : found[t][u] <= data[u]
=============================================================================
