--------------------------- MODULE DelayedFlagsProof --------------------------
(***************************************************************************)
(* Why DelayedFlags is right for rings of every size, any producers,       *)
(* consumers in any graph, any batches, and any number of delayed stores.  *)
(* `Inv` is inductive.  It is that of MultiProducerProof, with what is in  *)
(* memory in the place of what is done.                                    *)
(***************************************************************************)
EXTENDS DelayedFlags

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ Batches \subseteq Nat \ {0}
    /\ IsFiniteSet(Producers)
    /\ IsFiniteSet(Consumers)
    /\ Producers \cap Consumers = {}
    /\ \A c \in Consumers : Dependencies[c] \subseteq Consumers
    /\ Releases = TRUE

\* Everything up to s is published in memory, and stays so.
AllPublished(s) == s <= cursor /\ \A u \in unpublished : s < u

\* A claim up to s overwrites no event that a consumer has yet to finish, and none that is not yet
\* published.
HasRoom(s) ==
    /\ s <= cursor + Size
    /\ \A u \in unpublished : s < u + Size
    /\ \A c \in Consumers : s <= sequence[c] + Size

\* Where each thread may be.
Places ==
    /\ \A p \in Producers : pc[p] \in {"claim", "limit", "look", "search", "found", "swap"}
    /\ \A c \in Consumers : pc[c] \in {"wait", "search", "found", "depend", "read"}

\* The cursor stays below Events; a flag is a parity; memory is behind what a consumer knows.
Bounds ==
    /\ -1 <= cursor
    /\ cursor < Events
    /\ \A i \in 0..Size-1 : flag[i] \in {0, 1}
    /\ \A c \in Consumers : -1 <= sequence[c] /\ sequence[c] <= finished[c]

\* An event that is on its way was claimed, and is not published.
OnTheirWay ==
    /\ \A s \in unpublished : 0 <= s /\ s <= cursor
    /\ \A s \in unwritten : s \in unpublished /\ s \notin delayed /\ s \notin flagging
    /\ \A s \in delayed : s \in unpublished
    /\ \A s \in flagging : s \in unpublished

\* Before the swap: the cursor that a producer has loaded is not newer than the cursor.
Candidates ==
    \A p \in Producers : pc[p] # "claim" =>
        /\ -1 <= current[p]
        /\ current[p] <= cursor
        /\ current[p] < high[p]
        /\ high[p] < Events

\* A limit may be old, but it was never too high.
Limits == \A limit \in limits : HasRoom(limit)

\* A producer that is about to swap the cursor has found free capacity for its whole claim.
Swaps == \A p \in Producers : pc[p] = "swap" => HasRoom(high[p])

\* The cursor is at most a ring ahead of the slowest consumer, and of the first gap.
Ahead == HasRoom(cursor)

\* The minimum that a producer knows is not above the sequences that it has looked at.
Minima ==
    \A p \in Producers :
        /\ pc[p] = "look" =>
            \A c \in Consumers : c \in toRead[p] \/ lowest[p] <= sequence[c]
        /\ pc[p] \in {"search", "found"} => \A c \in Consumers : lowest[p] <= sequence[c]

\* What a thread has found published, is published.
Knowledge ==
    \A t \in Threads :
        /\ AllPublished(known[t])
        /\ pc[t] = "search" => last[t] <= cursor

\* In the last lap, a flag has the parity of its event exactly where that is published; and a slot
\* has its event, unless that is not yet in memory.
Flags ==
    \A s \in cursor-Size+1..cursor :
        /\ (flag[Index(s)] = Parity(s)) <=> s \notin unpublished
        /\ s < 0 \/ s \in unwritten \/ s \in delayed \/ slot[Index(s)] = s

\* A consumer reads published events only, and is at most one batch ahead of its sequence.
Standing ==
    \A c \in Consumers :
        /\ AllPublished(reading[c] - 1)
        /\ finished[c] < reading[c]
        /\ pc[c] \in {"wait", "search", "found", "depend"} => finished[c] = reading[c] - 1
        /\ pc[c] \in {"depend", "read"} => AllPublished(lowest[c])
        /\ pc[c] = "read" => reading[c] - 1 <= lowest[c]

\* A consumer is never ahead of those that it depends on, nor of what it has found them to be at.
Dependence ==
    \A c \in Consumers : \A d \in Dependencies[c] :
        /\ finished[c] <= sequence[d]
        /\ pc[c] = "depend" => d \in toRead[c] \/ lowest[c] <= sequence[d]
        /\ pc[c] = "read" => lowest[c] <= sequence[d]

Inv ==
    /\ Places /\ Bounds /\ OnTheirWay /\ Candidates /\ Limits /\ Swaps /\ Ahead /\ Minima
    /\ Knowledge /\ Flags /\ Standing /\ Dependence

(* What follows ************************************************************)

Safety == TypeOK /\ ReadsAreRight /\ NoOvertaking /\ NothingIsOverwritten

\* What is published without a gap stays so.
PublishedStays == \A s \in -1..Events : AllPublished(s) => AllPublished(s)'

\* A consumer reads each event, once, in order, when it is published and its slot has it.
ReadsInOrder ==
    \A c \in Consumers :
        \/ reading'[c] = reading[c]
        \/ /\ reading'[c] = reading[c] + 1
           /\ AllPublished(reading[c])
           /\ slot[Index(reading[c])] = reading[c]

Steps == PublishedStays /\ ReadsInOrder

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
