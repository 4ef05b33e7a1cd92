----------------------------- MODULE DelayedJoin ------------------------------
(***************************************************************************)
(* A consumer joins a ring, on a machine that delays stores.  This is the  *)
(* hand-over "join" of StoreBuffers, for any number of threads and times.  *)
(*                                                                         *)
(*   cursor     the last event published                                   *)
(*   sequence   for each consumer, the last event it has finished with     *)
(*   members    the consumers that producers wait for                      *)
(*   version    counts the joins                                           *)
(*                                                                         *)
(* Each is what is in memory.  A joiner stores the members, raises the     *)
(* version, loads the cursor and starts behind it.  A producer that looks  *)
(* for free capacity loads the version, the members, their sequences, and  *)
(* the version again.  It keeps the lowest sequence if the version is the  *)
(* same.  It may overwrite what is at most a ring behind that.             *)
(*                                                                         *)
(* A store goes into the buffer of its thread, and from there to memory at *)
(* any later time.  A joiner raises the version by a read-modify-write,    *)
(* which waits until its buffer is empty.  See DelayedRing for what is in  *)
(* the buffers of the others.                                              *)
(*                                                                         *)
(* Not modelled: the search for the end of what is published, see Joining; *)
(* leaving; loads out of order.                                            *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
    Events,       \* how many events are published in all
    Producers,
    Residents,    \* the consumers that gate from the beginning
    Joiners,      \* the consumers that join
    Fenced,       \* whether a joiner raises the version by a read-modify-write
    Checked       \* whether a producer loads the version again

VARIABLES
    pc,           \* [thread |-> where it is]
    cursor, sequence, members, version,
    published,    \* the last event for which the cursor was stored
    finished,     \* [consumer |-> the last event for which it has stored its sequence]
    raised,       \* the joiners whose new version is in memory
    available,    \* [consumer |-> how far it may go]
    seen,         \* [producer |-> the version of the members]
    toRead,       \* [producer |-> the members whose sequence it has yet to look at]
    lowest,       \* [producer |-> the minimum of what it has looked at]
    kept          \* [producer |-> the minimum that it has kept]

memory == <<cursor, sequence, members, version, raised>>
consumerVars == <<finished, available>>
producerVars == <<seen, toRead, lowest, kept>>
vars == <<pc, memory, published, consumerVars, producerVars>>

Consumers == Residents \cup Joiners
Threads == Producers \cup Consumers

Min(a, b) == IF a < b THEN a ELSE b

Init ==
    /\ pc = [t \in Threads |->
                IF t \in Producers THEN "rest" ELSE IF t \in Residents THEN "wait" ELSE "away"]
    /\ cursor = -1
    /\ sequence = [c \in Consumers |-> -1]
    /\ members = Residents
    /\ version = 0
    /\ published = -1
    /\ finished = [c \in Consumers |-> -1]
    /\ raised = {}
    /\ available = [c \in Consumers |-> -1]
    /\ seen = [p \in Producers |-> 0]
    /\ toRead = [p \in Producers |-> {}]
    /\ lowest = [p \in Producers |-> -1]
    /\ kept = [p \in Producers |-> -1]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* Events are published ****************************************************)

Publish ==
    /\ published + 1 < Events
    /\ published' = published + 1
    /\ UNCHANGED <<pc, memory, consumerVars, producerVars>>

DrainCursor ==
    /\ cursor < published
    /\ cursor' = cursor + 1
    /\ UNCHANGED <<pc, sequence, members, version, raised, published, consumerVars, producerVars>>

(* A producer looks for free capacity **************************************)

LoadVersion(p) ==
    /\ pc[p] = "rest"
    /\ seen' = [seen EXCEPT ![p] = version]
    /\ Go(p, "members")
    /\ UNCHANGED <<memory, published, consumerVars, toRead, lowest, kept>>

LoadMembers(p) ==
    /\ pc[p] = "members"
    /\ toRead' = [toRead EXCEPT ![p] = members]
    /\ lowest' = [lowest EXCEPT ![p] = Events]
    /\ Go(p, "look")
    /\ UNCHANGED <<memory, published, consumerVars, seen, kept>>

\* Loads the sequence of one member.
Look(p, c) ==
    /\ pc[p] = "look"
    /\ c \in toRead[p]
    /\ lowest' = [lowest EXCEPT ![p] = Min(@, sequence[c])]
    /\ toRead' = [toRead EXCEPT ![p] = @ \ {c}]
    /\ UNCHANGED <<pc, memory, published, consumerVars, seen, kept>>

\* Loads the version again: were these the members all along?
CheckVersion(p) ==
    /\ pc[p] = "look"
    /\ toRead[p] = {}
    /\ kept' = [kept EXCEPT ![p] = IF ~Checked \/ version = seen[p] THEN lowest[p] ELSE @]
    /\ Go(p, "rest")
    /\ UNCHANGED <<memory, published, consumerVars, seen, toRead, lowest>>

(* A consumer joins ********************************************************)

\* The store of the members goes into its buffer.
StoreMembers(b) ==
    /\ pc[b] = "away"
    /\ Go(b, "stored")
    /\ UNCHANGED <<memory, published, consumerVars, producerVars>>

DrainMembers(b) ==
    /\ b \in Joiners \ members
    /\ pc[b] # "away"
    /\ members' = members \cup {b}
    /\ UNCHANGED <<pc, cursor, sequence, version, raised, published, consumerVars, producerVars>>

\* A read-modify-write waits for that; a plain store would go into the buffer behind it.
RaiseVersion(b) ==
    /\ pc[b] = "stored"
    /\ Fenced => b \in members
    /\ version' = IF Fenced THEN version + 1 ELSE version
    /\ raised' = IF Fenced THEN raised \cup {b} ELSE raised
    /\ Go(b, "start")
    /\ UNCHANGED <<cursor, sequence, members, published, consumerVars, producerVars>>

\* The plain store.
DrainVersion(b) ==
    /\ ~Fenced
    /\ pc[b] \in {"start", "wait", "work"}
    /\ b \in (Joiners \cap members) \ raised
    /\ version' = version + 1
    /\ raised' = raised \cup {b}
    /\ UNCHANGED <<pc, cursor, sequence, members, published, consumerVars, producerVars>>

\* Loads the cursor, where it starts, and stores its sequence.
Start(b) ==
    /\ pc[b] = "start"
    /\ finished' = [finished EXCEPT ![b] = cursor]
    /\ Go(b, "wait")
    /\ UNCHANGED <<memory, published, available, producerVars>>

(* A consumer **************************************************************)

\* Loads the cursor.
LoadCursor(c) ==
    /\ pc[c] = "wait"
    /\ available' = [available EXCEPT ![c] = cursor]
    /\ Go(c, "work")
    /\ UNCHANGED <<memory, published, finished, producerVars>>

\* Stores its sequence.
Advance(c) ==
    /\ pc[c] = "work"
    /\ finished' = [finished EXCEPT ![c] = available[c]]
    /\ Go(c, "wait")
    /\ UNCHANGED <<memory, published, available, producerVars>>

DrainSequence(c) ==
    /\ sequence[c] < finished[c]
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ UNCHANGED <<pc, cursor, members, version, raised, published, consumerVars, producerVars>>

(* All together ************************************************************)

ProducerStep(p) ==
    \/ LoadVersion(p) \/ LoadMembers(p) \/ CheckVersion(p)
    \/ \E c \in Consumers : Look(p, c)
JoinerStep(b) ==
    StoreMembers(b) \/ DrainMembers(b) \/ RaiseVersion(b) \/ DrainVersion(b) \/ Start(b)
ConsumerStep(c) == LoadCursor(c) \/ Advance(c) \/ DrainSequence(c)

Next ==
    \/ Publish \/ DrainCursor
    \/ \E p \in Producers : ProducerStep(p)
    \/ \E b \in Joiners : JoinerStep(b)
    \/ \E c \in Consumers : ConsumerStep(c)
    \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..published /\ published \in -1..Events-1 /\ version >= 0
    /\ \A c \in Consumers : sequence[c] \in -1..cursor

HasStarted(c) == pc[c] \in {"wait", "work"}

\* No producer may overwrite an event that a consumer has yet to read.
NothingIsMissed ==
    \A p \in Producers : \A c \in Consumers : HasStarted(c) => kept[p] <= finished[c]
=============================================================================
