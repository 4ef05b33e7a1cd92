--------------------------- MODULE DelayedRingProof ---------------------------
(***************************************************************************)
(* Why DelayedRing is right for rings of every size, consumers in any      *)
(* graph, and any number of delayed stores.  `Inv` is inductive.           *)
(***************************************************************************)
EXTENDS DelayedRing

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ IsFiniteSet(Consumers)
    /\ Consumers # {}
    /\ Producer \notin Consumers
    /\ \A c \in Consumers : Dependencies[c] \subseteq Consumers
    /\ Order \in {"TSO", "weak"}
    /\ Releases \in BOOLEAN
    /\ Order = "weak" => Releases

\* Where each thread may be.
Places ==
    /\ pc[Producer] \in {"claim", "look"}
    /\ \A c \in Consumers : pc[c] \in {"wait", "depend", "read"}

\* Memory is behind what its thread knows.
Behind ==
    /\ -1 <= cursor
    /\ cursor <= published
    /\ published <= written
    /\ written < Events
    /\ \A c \in Consumers : -1 <= sequence[c] /\ sequence[c] <= finished[c]

\* The limit may be old, but it is never too high.
Limit ==
    /\ written <= limit
    /\ \A c \in Consumers : limit <= sequence[c] + Size

\* The minimum that the producer knows is not above the sequences that it has looked at.
Minima ==
    pc[Producer] = "look" =>
        /\ written <= lowest + Size
        /\ lowest <= written
        /\ \A c \in Consumers : c \in toRead[Producer] \/ lowest <= sequence[c]

\* No event that can be seen is delayed.
Delayed == \A s \in delayed : cursor < s /\ s <= written

\* The events of the last lap are in their slots, or delayed.
Contents == \A s \in written-Size+1..written : s < 0 \/ s \in delayed \/ slot[Index(s)] = s

\* A consumer reads events that can be seen, and is at most one batch ahead of its sequence.
Standing ==
    \A c \in Consumers :
        /\ reading[c] - 1 <= cursor
        /\ finished[c] < reading[c]
        /\ pc[c] \in {"wait", "depend"} => finished[c] = reading[c] - 1
        /\ pc[c] \in {"depend", "read"} => available[c] <= cursor
        /\ pc[c] = "read" => reading[c] - 1 <= available[c]

\* A consumer is never ahead of those that it depends on, nor of what it has found them to be at.
Dependence ==
    \A c \in Consumers : \A d \in Dependencies[c] :
        /\ finished[c] <= sequence[d]
        /\ pc[c] = "depend" => d \in toRead[c] \/ available[c] <= sequence[d]
        /\ pc[c] = "read" => available[c] <= sequence[d]

Inv == Places /\ Behind /\ Limit /\ Minima /\ Delayed /\ Contents /\ Standing /\ Dependence

(* What follows ************************************************************)

Safety == TypeOK /\ ReadsAreRight /\ NoOvertaking

\* What is in memory is not lost.
MemoryGrows == cursor <= cursor' /\ \A c \in Consumers : sequence[c] <= sequence'[c]

\* A consumer reads each event, once, in order, when its slot has it.
ReadsInOrder ==
    \A c \in Consumers :
        \/ reading'[c] = reading[c]
        \/ reading'[c] = reading[c] + 1 /\ slot[Index(reading[c])] = reading[c]

Steps == MemoryGrows /\ ReadsInOrder

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
