------------------------- MODULE SingleProducerProof -------------------------
(***************************************************************************)
(* Why SingleProducer is right for every size of the ring, consumers in    *)
(* any graph, any batches, and however long it runs.  `Inv` is inductive,  *)
(* and `Safety` follows from it; see MultiProducerProof and docs/proof.md. *)
(***************************************************************************)
EXTENDS SingleProducer

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ Batches \subseteq Nat \ {0}
    /\ IsFiniteSet(Consumers)
    /\ Producer \notin Consumers
    /\ \A c \in Consumers : Dependencies[c] \subseteq Consumers

At == pc[Producer]

\* A claim up to s overwrites no event that a consumer has yet to finish.
HasRoom(s) == s <= cursor + Size /\ \A c \in Consumers : s <= sequence[c] + Size

(* The invariant ***********************************************************)

\* Where each thread can be.
Places ==
    /\ At \in {"claim", "look", "write", "writing"}
    /\ \A c \in Consumers : pc[c] \in {"wait", "depend", "reading", "read"}

\* The cursor is what the producer has claimed and published, and stays below Events.
Bounds ==
    /\ cursor >= -1
    /\ cursor = claimed
    /\ cursor < Events
    /\ \A c \in Consumers : sequence[c] >= -1

\* The event that the producer writes next lies inside its claim, or just behind it.
Claimed ==
    /\ At \in {"look", "write", "writing"} => cursor < high /\ high < Events /\ cursor < writing
    /\ At = "look" => writing = cursor + 1
    /\ At = "write" => writing <= high + 1
    /\ At = "writing" => writing <= high

\* The limit may be old, but it is never too high.
Limit == HasRoom(limit)

\* What is published, and what the producer writes, is at most a ring ahead of the slowest consumer.
Ahead == HasRoom(cursor) /\ (At \in {"write", "writing"} => HasRoom(high))

\* The minimum that the producer knows is not above the sequences that it has looked at.
Minima ==
    At = "look" =>
        lowest <= cursor /\ \A c \in Consumers : c \in toRead[Producer] \/ lowest <= sequence[c]

\* The slots of the last lap have their events, unless the producer writes them again; so have those
\* that it has written since.
Contents ==
    /\ \A s \in cursor-Size+1..cursor :
        \/ s < 0
        \/ slots[Index(s)].event = s
        \/ At \in {"write", "writing"} /\ s + Size < writing
        \/ At = "writing" /\ s + Size = writing
    /\ \A s \in cursor+1..high :
        At \in {"write", "writing"} /\ s < writing => slots[Index(s)].event = s

\* A consumer reads published events only, and is at most one batch ahead of its sequence.
Standing ==
    \A c \in Consumers :
        /\ reading[c] - 1 <= cursor
        /\ sequence[c] < reading[c]
        /\ pc[c] \in {"wait", "depend"} => sequence[c] = reading[c] - 1
        /\ pc[c] \in {"depend", "reading", "read"} => available[c] <= cursor
        /\ pc[c] = "reading" => reading[c] <= available[c]
        /\ pc[c] = "read" => reading[c] - 1 <= available[c]

\* A consumer is never ahead of those that it depends on, nor of what it has found them to be at.
Dependence ==
    \A c \in Consumers : \A d \in Dependencies[c] :
        /\ sequence[c] <= sequence[d]
        /\ pc[c] = "depend" => d \in toRead[c] \/ available[c] <= sequence[d]
        /\ pc[c] \in {"reading", "read"} => available[c] <= sequence[d]

\* The threads that are at a slot.
AtSlots ==
    \A i \in 0..Size-1 :
        /\ slots[i].writers = IF At = "writing" /\ Index(writing) = i THEN {Producer} ELSE {}
        /\ slots[i].readers = {c \in Consumers : pc[c] = "reading" /\ Index(reading[c]) = i}

Inv ==
    /\ Places /\ Bounds /\ Claimed /\ Limit /\ Ahead /\ Minima /\ Contents /\ Standing
    /\ Dependence /\ AtSlots

(* What follows ************************************************************)

Safety == NoRace /\ NothingIsOverwritten /\ ReadsAreRight /\ NoOvertaking

\* What is published stays so.
PublishedStays == cursor <= cursor'

\* A consumer handles each event, once, in order, after its dependencies, when it is published.
HandlesInOrder ==
    \A c \in Consumers :
        \/ reading'[c] = reading[c]
        \/ /\ reading'[c] = reading[c] + 1
           /\ reading[c] <= cursor
           /\ Holds(reading[c])
           /\ \A d \in Dependencies[c] : reading[c] < reading[d]

\* The refinement of BroadcastLog, as two conditions.
StartsAsTheLog == Log!Init

IsAStepOfTheLog == Log!Next \/ UNCHANGED Log!vars

Initially == StartsAsTheLog

Steps == PublishedStays /\ HandlesInOrder /\ IsAStepOfTheLog

\* What TLC checks within bounds.
StepsHold == [][Steps]_vars
=============================================================================
