------------------------------- MODULE Joining -------------------------------
(***************************************************************************)
(* Consumers join a running multi producer ring, and leave it again.       *)
(*                                                                         *)
(*   members    the consumers that producers wait for; replaced as a whole *)
(*   version    counts the replacements                                    *)
(*                                                                         *)
(* The residents gate from the beginning.  A joiner sets its sequence to   *)
(* where it would start, replaces the members, raises the version, and     *)
(* sets its sequence again.  It would start at the end of what is          *)
(* published.  Producers can lap a consumer that does not gate yet while   *)
(* it searches for that end.  So it loads the cursor again afterwards, and *)
(* rejects its result if producers may have gone around the ring.  A       *)
(* producer that looks for free capacity reads the version before and      *)
(* after it reads the members' sequences.  (ringbuffer/sequence_group.py:  *)
(* add_at, minimum; sequencer/multi_producer.py: published.)               *)
(*                                                                         *)
(* Producers claim and publish as in MultiProducer.                        *)
(*                                                                         *)
(* Not modelled: the lock of the group (joiners overlap here; in the code  *)
(* one at a time joins or leaves), a group without members, dependencies,  *)
(* a consumer that joins again after it has left.                          *)
(***************************************************************************)
EXTENDS RingSlots

CONSTANTS
    Events,       \* how many events can be claimed in all
    Batches,      \* sizes of claims
    Producers,
    Residents,    \* the consumers that gate from the beginning
    Joiners       \* the consumers that join

VARIABLES
    pc,           \* [thread |-> where it is]
    cursor, flags, limit, sequence,
    members, version,
    local,        \* [thread |-> what it alone knows]
    reading,      \* [consumer |-> the event that it reads next]
    start         \* [consumer |-> the sequence before its first event]

vars == <<slots, pc, cursor, flags, limit, sequence, members, version, local, reading, start>>
shared == <<slots, cursor, flags, limit, sequence>>
group == <<members, version>>
places == <<reading, start>>

Consumers == Residents \cup Joiners
Threads == Producers \cup Consumers

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a < b THEN b ELSE a

Parity(s) == (s \div Size) % 2
Never == 1           \* the parity of lap -1
Nowhere == Events    \* a start that no event comes after

Nothing == [
    current |-> -1,   \* the cursor that its claim is to replace
    high    |-> -1,   \* the last event of the claim it is at
    writing |-> -1,   \* the event that it writes, or publishes, next
    lowest  |-> -1,   \* the minimum of what it has looked at
    toRead  |-> {},   \* the members whose sequence it has yet to look at
    seen    |-> -1,   \* the version of these members
    last    |-> -1,   \* the cursor that bounds its search of the flags
    known   |-> -1,   \* up to here it has found everything published
    gates   |-> FALSE]   \* whether producers see a joiner: it has raised the version

Init ==
    /\ SlotsInit
    /\ pc = [t \in Threads |->
                IF t \in Producers THEN "claim" ELSE IF t \in Residents THEN "wait" ELSE "away"]
    /\ cursor = -1
    /\ flags = [i \in 0..Size-1 |-> Never]
    /\ limit = Size - 1
    /\ sequence = [c \in Consumers |-> -1]
    /\ members = Residents
    /\ version = 0
    /\ local = [t \in Threads |-> Nothing]
    /\ reading = [c \in Consumers |-> 0]
    /\ start = [c \in Consumers |-> IF c \in Residents THEN -1 ELSE Nowhere]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]
Keep(t, what) == local' = [local EXCEPT ![t] = what]
Forget(t) == [Nothing EXCEPT !.known = local[t].known]
HasStarted(c) == start[c] # Nowhere

(* The end of what is published ********************************************)

\* Loads the cursor, which bounds the search.  What lies a ring before it is published.
StartSearch(t, after) ==
    /\ Keep(t, [local[t] EXCEPT !.last = cursor, !.known = Max(after, cursor - Size)])
    /\ Go(t, "search")
    /\ UNCHANGED <<shared, group, places>>

\* Loads the flag behind what is known; goes on until one says no, or the cursor is reached.
Search(t) ==
    LET next == local[t].known + 1 IN
    /\ pc[t] = "search"
    /\ IF next <= local[t].last /\ flags[Index(next)] = Parity(next)
       THEN Keep(t, [local[t] EXCEPT !.known = next]) /\ UNCHANGED pc
       ELSE Go(t, "found") /\ UNCHANGED local
    /\ UNCHANGED <<shared, group, places>>

(* A producer **************************************************************)

\* Loads the cursor: the claim would begin behind it.
LoadCursor(p, n) ==
    /\ pc[p] = "claim"
    /\ cursor + n < Events
    /\ Keep(p, [local[p] EXCEPT !.current = cursor, !.high = cursor + n])
    /\ Go(p, "limit")
    /\ UNCHANGED <<shared, group, places>>

\* Loads the limit: is there free capacity?
LoadLimit(p) ==
    /\ pc[p] = "limit"
    /\ Go(p, IF local[p].high <= limit THEN "swap" ELSE "version")
    /\ UNCHANGED <<shared, group, local, places>>

\* Loads the version, then the members.
LoadMembers(p) ==
    /\ pc[p] = "version"
    /\ Keep(p, [local[p] EXCEPT !.seen = version, !.lowest = Events, !.toRead = members])
    /\ Go(p, "look")
    /\ UNCHANGED <<shared, group, places>>

\* Loads the sequence of one member.
Look(p, c) ==
    /\ pc[p] = "look"
    /\ c \in local[p].toRead
    /\ Keep(p, [local[p] EXCEPT !.lowest = Min(@, sequence[c]), !.toRead = @ \ {c}])
    /\ UNCHANGED <<shared, pc, group, places>>

\* Loads the version again: were these the members all along?
CheckVersion(p) ==
    /\ pc[p] = "look"
    /\ local[p].toRead = {}
    /\ Go(p, IF version = local[p].seen THEN "gap" ELSE "version")
    /\ Keep(p, [local[p] EXCEPT !.seen = -1])
    /\ UNCHANGED <<shared, group, places>>

\* Then what is published: a claim may go a ring beyond the first gap, and no further.
LookForGap(p) ==
    /\ pc[p] = "gap"
    /\ StartSearch(p, local[p].known)

\* Stores the limit.
KeepLimit(p) ==
    LET room == Min(local[p].lowest, local[p].known) + Size IN
    /\ p \in Producers
    /\ pc[p] = "found"
    /\ limit' = room
    /\ IF local[p].high <= room
       THEN Go(p, "swap") /\ Keep(p, [local[p] EXCEPT !.lowest = -1, !.last = -1])
       ELSE Go(p, "claim") /\ Keep(p, Forget(p))
    /\ UNCHANGED <<slots, cursor, flags, sequence, group, places>>

\* The compare-and-swap on the cursor: only now the claim is made.
Swap(p) ==
    /\ pc[p] = "swap"
    /\ IF cursor = local[p].current
       THEN /\ cursor' = local[p].high
            /\ Keep(p, [local[p] EXCEPT !.writing = local[p].current + 1])
            /\ Go(p, "write")
       ELSE /\ Go(p, "claim")
            /\ Keep(p, Forget(p))
            /\ UNCHANGED cursor
    /\ UNCHANGED <<slots, flags, limit, sequence, group, places>>

StartWriting(p) ==
    /\ pc[p] = "write"
    /\ BeginWrite(p, local[p].writing)
    /\ Go(p, "writing")
    /\ UNCHANGED <<cursor, flags, limit, sequence, group, local, places>>

StopWriting(p) ==
    /\ pc[p] = "writing"
    /\ EndWrite(p, local[p].writing)
    /\ IF local[p].writing < local[p].high
       THEN Go(p, "write") /\ Keep(p, [local[p] EXCEPT !.writing = @ + 1])
       ELSE Go(p, "publish") /\ Keep(p, [local[p] EXCEPT !.writing = local[p].current + 1])
    /\ UNCHANGED <<cursor, flags, limit, sequence, group, places>>

\* Stores the flag of one slot.
Publish(p) ==
    LET s == local[p].writing IN
    /\ pc[p] = "publish"
    /\ flags' = [flags EXCEPT ![Index(s)] = Parity(s)]
    /\ IF s < local[p].high
       THEN UNCHANGED pc /\ Keep(p, [local[p] EXCEPT !.writing = s + 1])
       ELSE Go(p, "claim") /\ Keep(p, Forget(p))
    /\ UNCHANGED <<slots, cursor, limit, sequence, group, places>>

(* Joining and leaving *****************************************************)

\* A joiner looks where it would start: first before it gates, then as a member.
LookForStart(b) ==
    /\ pc[b] \in {"away", "again"}
    /\ StartSearch(b, -1)

\* Loads the cursor again: if the slot behind the end may have been claimed again, its flag said
\* nothing.
CheckLap(b) ==
    /\ b \in Joiners
    /\ pc[b] = "found" /\ ~HasStarted(b)
    /\ Go(b, IF cursor <= local[b].known + Size THEN "set" ELSE "again")
    /\ UNCHANGED <<shared, group, local, places>>

SetSequence(b) ==
    /\ pc[b] = "set"
    /\ sequence' = [sequence EXCEPT ![b] = local[b].known]
    /\ IF local[b].gates
       THEN /\ Go(b, "wait")
            /\ start' = [start EXCEPT ![b] = local[b].known]
            /\ reading' = [reading EXCEPT ![b] = local[b].known + 1]
            /\ Keep(b, Nothing)
       ELSE Go(b, "add") /\ UNCHANGED <<start, reading, local>>
    /\ UNCHANGED <<slots, cursor, flags, limit, group>>

ReplaceMembers(b) ==
    /\ pc[b] = "add"
    /\ members' = members \cup {b}
    /\ Go(b, "raise")
    /\ UNCHANGED <<shared, version, local, places>>

RaiseVersion(b) ==
    /\ pc[b] = "raise"
    /\ version' = version + 1
    /\ Go(b, "again")
    /\ Keep(b, [local[b] EXCEPT !.gates = TRUE])
    /\ UNCHANGED <<shared, members, places>>

\* It leaves between two batches.  A producer that does not see this waits for it once more.
Leave(b) ==
    /\ pc[b] = "wait"
    /\ members' = members \ {b}
    /\ version' = version + 1
    /\ Go(b, "left")
    /\ UNCHANGED <<shared, local, places>>

(* A consumer **************************************************************)

LookForEvents(c) ==
    /\ pc[c] = "wait"
    /\ reading[c] < Events
    /\ StartSearch(c, reading[c] - 1)

\* Reads the first of the events that are available, or waits again.
Decide(c) ==
    /\ c \in Consumers
    /\ pc[c] = "found" /\ HasStarted(c)
    /\ IF local[c].known >= reading[c]
       THEN Go(c, "reading") /\ BeginRead(c, reading[c]) /\ UNCHANGED local
       ELSE Go(c, "wait") /\ Keep(c, Nothing) /\ UNCHANGED slots
    /\ UNCHANGED <<cursor, flags, limit, sequence, group, places>>

StopReading(c) ==
    /\ pc[c] = "reading"
    /\ EndRead(c, reading[c])
    /\ reading' = [reading EXCEPT ![c] = @ + 1]
    /\ Go(c, "read")
    /\ UNCHANGED <<cursor, flags, limit, sequence, group, local, start>>

StartReading(c) ==
    /\ pc[c] = "read"
    /\ reading[c] <= local[c].known
    /\ BeginRead(c, reading[c])
    /\ Go(c, "reading")
    /\ UNCHANGED <<cursor, flags, limit, sequence, group, local, places>>

\* Stores its own sequence: the slots up to there may be filled again.
Advance(c) ==
    /\ pc[c] = "read"
    /\ reading[c] > local[c].known
    /\ sequence' = [sequence EXCEPT ![c] = local[c].known]
    /\ Go(c, "wait")
    /\ Keep(c, Nothing)
    /\ UNCHANGED <<slots, cursor, flags, limit, group, places>>

(* All together ************************************************************)

ProducerStep(p) ==
    \/ \E n \in Batches : LoadCursor(p, n)
    \/ LoadLimit(p) \/ LoadMembers(p) \/ CheckVersion(p) \/ LookForGap(p) \/ Search(p)
    \/ KeepLimit(p) \/ Swap(p) \/ StartWriting(p) \/ StopWriting(p) \/ Publish(p)
    \/ \E c \in Consumers : Look(p, c)

JoinerStep(b) ==
    LookForStart(b) \/ CheckLap(b) \/ SetSequence(b) \/ ReplaceMembers(b) \/ RaiseVersion(b)

ConsumerStep(c) ==
    LookForEvents(c) \/ Search(c) \/ Decide(c) \/ StopReading(c) \/ StartReading(c) \/ Advance(c)

IsLastBatch == \A n \in Batches : cursor + n >= Events

HandledAll(c) == pc[c] = "left" \/ (pc[c] = "wait" /\ reading[c] = cursor + 1)

\* Everything is done: not a deadlock.
Done ==
    /\ \A p \in Producers : pc[p] = "claim" /\ IsLastBatch
    /\ \A c \in Consumers : HandledAll(c)
    /\ UNCHANGED vars

Next ==
    \/ \E p \in Producers : ProducerStep(p)
    \/ \E b \in Joiners : JoinerStep(b) \/ Leave(b)
    \/ \E c \in Consumers : ConsumerStep(c)
    \/ Done

Spec == Init /\ [][Next]_vars

\* Each thread takes its turn, but no consumer must leave.
FairSpec ==
    /\ Spec
    /\ \A p \in Producers : WF_vars(ProducerStep(p))
    /\ \A b \in Joiners : WF_vars(JoinerStep(b))
    /\ \A c \in Consumers : WF_vars(ConsumerStep(c))

(* What is checked *********************************************************)

TypeOK == cursor \in -1..Events-1 /\ version >= 0 /\ members \subseteq Consumers

ReadsAreRight ==
    \A c \in Consumers : pc[c] = "reading" => Holds(reading[c]) /\ reading[c] <= cursor

\* From its start on, a consumer's unread events keep their slots, until it leaves.
NothingIsOverwritten ==
    \A c \in Consumers : HasStarted(c) /\ pc[c] # "left" => cursor <= sequence[c] + Size

\* It starts after a published event.
StartsAtAnEnd == \A c \in Consumers : HasStarted(c) => start[c] <= cursor

EverythingIsHandled == <>[](IsLastBatch /\ \A c \in Consumers : HandledAll(c))
=============================================================================
