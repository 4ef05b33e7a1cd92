------------------------------- MODULE Joining -------------------------------
(***************************************************************************)
(* A consumer joins a running multi producer ring, and leaves again.       *)
(*                                                                         *)
(*   members    the consumers that producers wait for; replaced as a whole *)
(*   version    counts the replacements                                    *)
(*                                                                         *)
(* "a" gates from the beginning.  "b" joins: it sets its sequence to where *)
(* it would start, replaces the members, raises the version, and sets its  *)
(* sequence again.  It would start at the end of what is published.        *)
(* Producers can lap a consumer that does not gate yet while it searches   *)
(* for that end.  So it loads the cursor again afterwards, and rejects its *)
(* result if producers may have gone around the ring.  A producer that     *)
(* looks for free capacity reads the version before and after it reads the *)
(* members' sequences.  (ringbuffer/sequence_group.py: add_at, minimum;    *)
(* sequencer/multi_producer.py: published.)                                *)
(*                                                                         *)
(* Not modelled: several producers (see MultiProducer), dependencies.      *)
(***************************************************************************)
EXTENDS RingSlots

CONSTANTS
    Events,       \* how many events are published in all
    Batches       \* sizes of claims

VARIABLES
    pc, cursor, flags, limit, sequence, members, version,
    local,        \* [thread |-> what it alone knows]
    reading,      \* [consumer |-> the event that it reads next]
    start         \* where "b" starts: the sequence before its first event

vars == <<slots, pc, cursor, flags, limit, sequence, members, version, local, reading, start>>

Consumers == {"a", "b"}
Threads == {"p"} \cup Consumers

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a < b THEN b ELSE a
Parity(s) == (s \div Size) % 2
Nowhere == Events    \* a start that no event comes after

Nothing == [high |-> -1, writing |-> -1, lowest |-> -1, toRead |-> {}, seen |-> -1, last |-> -1,
            known |-> -1, first |-> TRUE]

Init ==
    /\ SlotsInit
    /\ pc = [p |-> "claim", a |-> "wait", b |-> "away"]
    /\ cursor = -1
    /\ flags = [i \in 0..Size-1 |-> 1]
    /\ limit = Size - 1
    /\ sequence = [c \in Consumers |-> -1]
    /\ members = {"a"}
    /\ version = 0
    /\ local = [t \in Threads |-> Nothing]
    /\ reading = [c \in Consumers |-> 0]
    /\ start = Nowhere

Go(t, to) == pc' = [pc EXCEPT ![t] = to]
Keep(t, what) == local' = [local EXCEPT ![t] = what]
Ring == <<slots, cursor, flags, limit, sequence>>
Group == <<members, version>>

(* The end of what is published ********************************************)

LoadCursor(t, from, after) ==
    /\ pc[t] = from
    /\ Keep(t, [local[t] EXCEPT !.last = cursor, !.known = Max(after, cursor - Size)])
    /\ Go(t, "search")
    /\ UNCHANGED <<Ring, Group, reading, start>>

LoadFlag(t) ==
    LET next == local[t].known + 1 IN
    /\ pc[t] = "search"
    /\ IF next <= local[t].last /\ flags[Index(next)] = Parity(next)
       THEN Keep(t, [local[t] EXCEPT !.known = next]) /\ UNCHANGED pc
       ELSE Go(t, "found") /\ UNCHANGED local
    /\ UNCHANGED <<Ring, Group, reading, start>>

(* The producer ************************************************************)

\* Loads the limit: is there free capacity for n more?
Claim(n) ==
    /\ pc["p"] = "claim"
    /\ cursor + n < Events
    /\ Keep("p", [local["p"] EXCEPT !.high = cursor + n, !.writing = cursor + 1])
    /\ Go("p", IF cursor + n <= limit THEN "swap" ELSE "version")
    /\ UNCHANGED <<Ring, Group, reading, start>>

\* Loads the version, then the members.
LoadMembers ==
    /\ pc["p"] = "version"
    /\ Keep("p", [local["p"] EXCEPT !.seen = version, !.lowest = Events, !.toRead = members])
    /\ Go("p", "look")
    /\ UNCHANGED <<Ring, Group, reading, start>>

Look(c) ==
    /\ pc["p"] = "look"
    /\ c \in local["p"].toRead
    /\ Keep("p", [local["p"] EXCEPT !.lowest = Min(@, sequence[c]), !.toRead = @ \ {c}])
    /\ UNCHANGED <<Ring, pc, Group, reading, start>>

\* Loads the version again: were these the members all along?
CheckVersion ==
    /\ pc["p"] = "look"
    /\ local["p"].toRead = {}
    /\ Go("p", IF version = local["p"].seen THEN "keep" ELSE "version")
    /\ UNCHANGED <<Ring, Group, local, reading, start>>

\* Stores the limit.  There is one producer, so nothing is unpublished here.
KeepLimit ==
    LET room == Min(local["p"].lowest, cursor) + Size IN
    /\ pc["p"] = "keep"
    /\ limit' = room
    /\ Go("p", IF local["p"].high <= room THEN "swap" ELSE "claim")
    /\ Keep("p", IF local["p"].high <= room
                 THEN [local["p"] EXCEPT !.seen = -1, !.lowest = -1]
                 ELSE Nothing)
    /\ UNCHANGED <<slots, cursor, flags, sequence, Group, reading, start>>

Swap ==
    /\ pc["p"] = "swap"
    /\ cursor' = local["p"].high
    /\ Go("p", "write")
    /\ UNCHANGED <<slots, flags, limit, sequence, Group, local, reading, start>>

StartWriting ==
    /\ pc["p"] = "write"
    /\ BeginWrite("p", local["p"].writing)
    /\ Go("p", "writing")
    /\ UNCHANGED <<cursor, flags, limit, sequence, Group, local, reading, start>>

\* A slot is published as soon as it is written; in MultiProducer a batch is published as a whole.
StopWriting ==
    /\ pc["p"] = "writing"
    /\ EndWrite("p", local["p"].writing)
    /\ Go("p", "publish")
    /\ UNCHANGED <<cursor, flags, limit, sequence, Group, local, reading, start>>

Publish ==
    LET s == local["p"].writing IN
    /\ pc["p"] = "publish"
    /\ flags' = [flags EXCEPT ![Index(s)] = Parity(s)]
    /\ IF s < local["p"].high
       THEN Go("p", "write") /\ Keep("p", [local["p"] EXCEPT !.writing = s + 1])
       ELSE Go("p", "claim") /\ Keep("p", Nothing)
    /\ UNCHANGED <<slots, cursor, limit, sequence, Group, reading, start>>

(* Joining and leaving *****************************************************)

\* "b" looks where it would start: first before it gates, then as a member.
Look1 == LoadCursor("b", "away", -1) /\ cursor >= 0
Look2 == LoadCursor("b", "again", -1)

\* Loads the cursor again: if the slot behind the end may have been claimed again, its flag said
\* nothing.
CheckLap ==
    /\ pc["b"] = "found" /\ start = Nowhere
    /\ IF cursor <= local["b"].known + Size
       THEN Go("b", "set")
       ELSE Go("b", IF local["b"].first THEN "away" ELSE "again")
    /\ UNCHANGED <<Ring, Group, local, reading, start>>

SetSequence ==
    /\ pc["b"] = "set"
    /\ sequence' = [sequence EXCEPT !["b"] = local["b"].known]
    /\ IF local["b"].first
       THEN Go("b", "add") /\ UNCHANGED <<start, reading, local>>
       ELSE /\ Go("b", "wait")
            /\ start' = local["b"].known
            /\ reading' = [reading EXCEPT !["b"] = local["b"].known + 1]
            /\ Keep("b", Nothing)
    /\ UNCHANGED <<slots, cursor, flags, limit, Group>>

ReplaceMembers ==
    /\ pc["b"] = "add"
    /\ members' = members \cup {"b"}
    /\ Go("b", "raise")
    /\ UNCHANGED <<Ring, version, local, reading, start>>

RaiseVersion ==
    /\ pc["b"] = "raise"
    /\ version' = version + 1
    /\ Go("b", "again")
    /\ Keep("b", [local["b"] EXCEPT !.first = FALSE])
    /\ UNCHANGED <<Ring, members, reading, start>>

\* It leaves between two batches.  A producer that does not see this waits for it once more.
Leave ==
    /\ pc["b"] = "wait"
    /\ members' = members \ {"b"}
    /\ version' = version + 1
    /\ Go("b", "left")
    /\ UNCHANGED <<Ring, local, reading, start>>

(* A consumer **************************************************************)

LookForEvents(c) == reading[c] < Events /\ LoadCursor(c, "wait", reading[c] - 1)

Decide(c) ==
    /\ pc[c] = "found" /\ (c = "b" => start # Nowhere)
    /\ IF local[c].known >= reading[c]
       THEN Go(c, "reading") /\ BeginRead(c, reading[c]) /\ UNCHANGED local
       ELSE Go(c, "wait") /\ Keep(c, Nothing) /\ UNCHANGED slots
    /\ UNCHANGED <<cursor, flags, limit, sequence, Group, reading, start>>

StopReading(c) ==
    /\ pc[c] = "reading"
    /\ EndRead(c, reading[c])
    /\ reading' = [reading EXCEPT ![c] = @ + 1]
    /\ Go(c, "read")
    /\ UNCHANGED <<cursor, flags, limit, sequence, Group, local, start>>

StartReading(c) ==
    /\ pc[c] = "read"
    /\ reading[c] <= local[c].known
    /\ BeginRead(c, reading[c])
    /\ Go(c, "reading")
    /\ UNCHANGED <<cursor, flags, limit, sequence, Group, local, reading, start>>

Advance(c) ==
    /\ pc[c] = "read"
    /\ reading[c] > local[c].known
    /\ sequence' = [sequence EXCEPT ![c] = local[c].known]
    /\ Go(c, "wait")
    /\ Keep(c, Nothing)
    /\ UNCHANGED <<slots, cursor, flags, limit, Group, reading, start>>

(* All together ************************************************************)

ProducerStep ==
    \/ \E n \in Batches : Claim(n)
    \/ LoadMembers \/ CheckVersion \/ KeepLimit \/ Swap \/ StartWriting \/ StopWriting \/ Publish
    \/ \E c \in Consumers : Look(c)

JoinerStep == Look1 \/ Look2 \/ CheckLap \/ SetSequence \/ ReplaceMembers \/ RaiseVersion

ConsumerStep(c) ==
    LookForEvents(c) \/ LoadFlag(c) \/ Decide(c) \/ StopReading(c) \/ StartReading(c) \/ Advance(c)

IsLastBatch == \A n \in Batches : cursor + n >= Events

Done ==
    /\ pc["p"] = "claim" /\ IsLastBatch
    /\ pc["a"] = "wait" /\ reading["a"] = cursor + 1
    /\ pc["b"] = "left" \/ (pc["b"] = "wait" /\ reading["b"] = cursor + 1)
    /\ UNCHANGED vars

Next == ProducerStep \/ JoinerStep \/ Leave \/ (\E c \in Consumers : ConsumerStep(c)) \/ Done

Spec == Init /\ [][Next]_vars

FairSpec ==
    /\ Spec
    /\ WF_vars(ProducerStep) /\ WF_vars(JoinerStep) /\ \A c \in Consumers : WF_vars(ConsumerStep(c))

(* What is checked *********************************************************)

TypeOK == cursor \in -1..Events-1 /\ version \in 0..2 /\ members \subseteq Consumers

ReadsAreRight == \A c \in Consumers : pc[c] = "reading" => Holds(reading[c])

\* From its start on, the newcomer's unread events keep their slots.
NothingIsOverwritten ==
    /\ cursor <= sequence["a"] + Size
    /\ start # Nowhere /\ pc["b"] # "left" => cursor <= sequence["b"] + Size

\* It starts after a published event.
StartsAtAnEnd == start # Nowhere => start <= cursor

EverythingIsHandled ==
    <>[](IsLastBatch /\ \A c \in Consumers : pc[c] = "left" \/ reading[c] = cursor + 1)
=============================================================================
