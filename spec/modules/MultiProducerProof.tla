------------------------- MODULE MultiProducerProof -------------------------
(***************************************************************************)
(* Why MultiProducer is right for every size of the ring, any producers,   *)
(* consumers in any graph, any batches, and however long it runs.          *)
(*                                                                         *)
(* `Inv` is inductive: it holds at first, and every step keeps it.         *)
(* `Safety`, which MultiProducer is checked for, follows from it.          *)
(* `python -m spec prove` proves this with Z3, for all sizes; TLC checks   *)
(* it for small ones.  docs/proof.md explains both.                        *)
(*                                                                         *)
(* A claim is an interval, from Low(p), its first event that is not yet    *)
(* published, up to local[p].high.  Everything before the lowest claim is  *)
(* published.                                                              *)
(***************************************************************************)
EXTENDS MultiProducer

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ Batches \subseteq Nat \ {0}
    /\ IsFiniteSet(Producers)
    /\ IsFiniteSet(Consumers)
    /\ Producers \cap Consumers = {}
    /\ \A c \in Consumers : Dependencies[c] \subseteq Consumers
    /\ MayGiveUp \in BOOLEAN

IsClaiming(p) == pc[p] \in {"write", "writing", "publish"}

Low(p) == IF pc[p] = "publish" THEN local[p].writing ELSE local[p].current + 1

\* Everything up to s is published, and stays so.
AllPublished(s) == s <= cursor /\ \A q \in Producers : IsClaiming(q) => s < Low(q)

\* A claim up to s overwrites no event that a consumer has yet to finish, and none that is not yet
\* published.
HasRoom(s) ==
    /\ s <= cursor + Size
    /\ \A q \in Producers : IsClaiming(q) => s < Low(q) + Size
    /\ \A c \in Consumers : s <= sequence[c] + Size

(* The invariant ***********************************************************)

\* Where each thread can be.
Places ==
    /\ \A p \in Producers :
        pc[p] \in {"claim", "limit", "look", "search", "found", "swap", "write", "writing",
                   "publish", "gone"}
    /\ \A c \in Consumers : pc[c] \in {"wait", "search", "found", "depend", "reading", "read"}

\* The cursor stays below Events; a flag is a parity.
Bounds ==
    /\ cursor >= -1
    /\ cursor < Events
    /\ \A i \in 0..Size-1 : flags[i] \in {0, 1}
    /\ \A c \in Consumers : sequence[c] >= -1

\* Before the swap: the cursor that a producer has loaded is not newer than the cursor.
Candidates ==
    \A p \in Producers : pc[p] \in {"limit", "look", "search", "found", "swap"} =>
        /\ -1 <= local[p].current
        /\ local[p].current <= cursor
        /\ local[p].current < local[p].high
        /\ local[p].high < Events

\* After the swap: the event that a producer is at lies inside its claim.
Claims ==
    \A p \in Producers : IsClaiming(p) =>
        /\ -1 <= local[p].current
        /\ local[p].current < local[p].writing
        /\ local[p].writing <= local[p].high
        /\ local[p].high <= cursor

\* Two claims do not overlap.
Apart ==
    \A p, q \in Producers : (p # q /\ IsClaiming(p) /\ IsClaiming(q)) =>
        local[p].high < Low(q) \/ local[q].high < Low(p)

\* The limit may be old, but it is never too high.
Limit == HasRoom(limit)

\* A producer that is about to swap the cursor has found free capacity for its whole claim.
Swaps == \A p \in Producers : pc[p] = "swap" => HasRoom(local[p].high)

\* The cursor is at most a ring ahead of the slowest consumer, and of the first gap.
Ahead == HasRoom(cursor)

\* The minimum that a producer knows is not above the sequences that it has looked at.
Minima ==
    \A p \in Producers :
        /\ pc[p] = "look" =>
            \A c \in Consumers : c \in local[p].toRead \/ local[p].lowest <= sequence[c]
        /\ pc[p] \in {"search", "found"} => \A c \in Consumers : local[p].lowest <= sequence[c]

\* What a thread has found published, is published.
Knowledge ==
    \A t \in Threads :
        /\ AllPublished(local[t].known)
        /\ pc[t] = "search" => local[t].last <= cursor

\* In the last lap, a flag has the parity of its event exactly where that is published; and a slot
\* has its event, unless a producer is about to write it.
Flags ==
    \A s \in cursor-Size+1..cursor :
        /\ (flags[Index(s)] = Parity(s)) <=> \A p \in Producers : s \notin Claimed(p)
        /\ \/ s < 0
           \/ slots[Index(s)].event = s
           \/ \E p \in Producers :
                pc[p] \in {"write", "writing"} /\ local[p].writing <= s /\ s <= local[p].high

\* A consumer reads published events only, and is at most one batch ahead of its sequence.
Standing ==
    \A c \in Consumers :
        /\ AllPublished(reading[c] - 1)
        /\ sequence[c] < reading[c]
        /\ pc[c] \in {"wait", "search", "found", "depend"} => sequence[c] = reading[c] - 1
        /\ pc[c] \in {"depend", "reading", "read"} => AllPublished(local[c].lowest)
        /\ pc[c] = "reading" => reading[c] <= local[c].lowest
        /\ pc[c] = "read" => reading[c] - 1 <= local[c].lowest

\* A consumer is never ahead of those that it depends on, nor of what it has found them to be at.
Dependence ==
    \A c \in Consumers : \A d \in Dependencies[c] :
        /\ sequence[c] <= sequence[d]
        /\ pc[c] = "depend" => d \in local[c].toRead \/ local[c].lowest <= sequence[d]
        /\ pc[c] \in {"reading", "read"} => local[c].lowest <= sequence[d]

\* The threads that are at a slot.
AtSlots ==
    \A i \in 0..Size-1 :
        /\ slots[i].writers =
            {p \in Producers : pc[p] = "writing" /\ Index(local[p].writing) = i}
        /\ slots[i].readers = {c \in Consumers : pc[c] = "reading" /\ Index(reading[c]) = i}

Inv ==
    /\ Places /\ Bounds /\ Candidates /\ Claims /\ Apart /\ Limit /\ Swaps /\ Ahead
    /\ Minima /\ Knowledge /\ Flags /\ Standing /\ Dependence /\ AtSlots

(* What follows ************************************************************)

Safety ==
    /\ NoRace /\ ClaimsAreUnique /\ FlagsAreRight /\ NothingIsOverwritten /\ ReadsAreRight
    /\ NoOvertaking

\* What is published without a gap stays so.
PublishedStays == \A s \in -1..Events : AllPublished(s) => AllPublished(s)'

\* A consumer handles each event, once, in order, after its dependencies, when it is published.
HandlesInOrder ==
    \A c \in Consumers :
        \/ reading'[c] = reading[c]
        \/ /\ reading'[c] = reading[c] + 1
           /\ AllPublished(reading[c])
           /\ Holds(reading[c])
           /\ \A d \in Dependencies[c] : reading[c] < reading[d]

\* A step handles one event, or publishes, but not both.
OneAtATime ==
    /\ \A c, d \in Consumers : reading'[c] # reading[c] /\ reading'[d] # reading[d] => c = d
    /\ \A c \in Consumers : reading'[c] # reading[c] =>
        \A s \in -1..Events : AllPublished(s)' => AllPublished(s)

Steps == PublishedStays /\ HandlesInOrder /\ OneAtATime

\* What TLC checks within bounds.
StepsHold == [][Steps]_vars
=============================================================================
