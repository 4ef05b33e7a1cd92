---------------------------- MODULE JoiningProof ----------------------------
(***************************************************************************)
(* Why a consumer that joins a running ring misses no event after its      *)
(* start, for every size of the ring, any producers, residents and         *)
(* joiners, any batches, and however long it runs.  `Inv` is inductive,    *)
(* and `Safety` follows from it; see docs/proof.md.                        *)
(*                                                                         *)
(* The reason: from the moment when a joiner raises the version, producers *)
(* reclaim no event behind the end of what is published then.  A producer  *)
(* that read the members before waits for a resident, which has read no    *)
(* more than that; a producer that reads them later waits for the joiner.  *)
(* IsKept(b, s) says so for a start at s.  It holds at every gap, and it   *)
(* stays true.  So it holds where the joiner finds the gap.                *)
(***************************************************************************)
EXTENDS Joining

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ Batches \subseteq Nat \ {0}
    /\ IsFiniteSet(Producers)
    /\ IsFiniteSet(Residents)
    /\ IsFiniteSet(Joiners)
    /\ Residents # {}
    /\ Producers \cap Residents = {}
    /\ Producers \cap Joiners = {}
    /\ Residents \cap Joiners = {}

IsClaiming(p) == pc[p] \in {"write", "writing", "publish"}

Low(p) == IF pc[p] = "publish" THEN local[p].writing ELSE local[p].current + 1

\* The events that a producer has claimed and not yet published.
Claimed(p) == IF IsClaiming(p) THEN Low(p)..local[p].high ELSE {}

\* Everything up to s is published, and stays so.
AllPublished(s) == s <= cursor /\ \A q \in Producers : IsClaiming(q) => s < Low(q)

\* Producers wait for this consumer.
IsGating(c) == HasStarted(c) /\ pc[c] # "left"

\* A claim up to s overwrites no event that a gating consumer has yet to finish, and none that is
\* not yet published.
HasRoom(s) ==
    /\ s <= cursor + Size
    /\ \A q \in Producers : IsClaiming(q) => s < Low(q) + Size
    /\ \A c \in Consumers : IsGating(c) => s <= sequence[c] + Size

\* A producer that has found that the members did not change while it looked at them.
HasLooked(p) == pc[p] \in {"gap", "search", "found"}

\* No producer will overwrite the events after s, if the joiner starts there.
IsKept(b, s) ==
    /\ sequence[b] <= s
    /\ cursor <= s + Size
    /\ limit <= s + Size
    /\ \A p \in Producers :
        /\ pc[p] = "swap" => local[p].high <= s + Size
        /\ HasLooked(p) => local[p].lowest <= s
        /\ pc[p] = "look" /\ local[p].seen = version =>
            b \in local[p].toRead \/ local[p].lowest <= s

\* A joiner that has raised the version, and looks where it starts.
IsBetween(b) == ~HasStarted(b) /\ local[b].gates

(* The invariant ***********************************************************)

\* Where each thread can be.
Places ==
    /\ \A p \in Producers :
        pc[p] \in {"claim", "limit", "version", "look", "gap", "search", "found", "swap", "write",
                   "writing", "publish"}
    /\ \A c \in Residents : pc[c] \in {"wait", "search", "found", "reading", "read"}
    /\ \A b \in Joiners :
        pc[b] \in IF HasStarted(b) THEN {"wait", "search", "found", "reading", "read", "left"}
                  ELSE IF local[b].gates THEN {"again", "search", "found", "set"}
                  ELSE {"away", "again", "search", "found", "set", "add", "raise"}

\* The cursor stays below Events; a flag is a parity.
Bounds ==
    /\ cursor >= -1
    /\ cursor < Events
    /\ version >= 0
    /\ \A i \in 0..Size-1 : flags[i] \in {0, 1}
    /\ \A c \in Consumers : sequence[c] >= -1

\* A consumer starts behind published events, residents at the first event.
Starts ==
    /\ \A c \in Residents : start[c] = -1
    /\ \A c \in Consumers : HasStarted(c) => AllPublished(start[c])

\* A consumer that gates is a member; so is a joiner from when it has replaced the members.
Members ==
    /\ members \subseteq Consumers
    /\ \A c \in Consumers : IsGating(c) => c \in members
    /\ \A b \in Joiners : pc[b] = "raise" \/ IsBetween(b) => b \in members

\* Before the swap: the cursor that a producer has loaded is not newer than the cursor.
Candidates ==
    \A p \in Producers :
        pc[p] \in {"limit", "version", "look", "gap", "search", "found", "swap"} =>
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

\* The cursor is at most a ring ahead of the slowest gating consumer, and of the first gap.
Ahead == HasRoom(cursor)

\* The minimum that a producer knows is not above the sequences of the members, if they are still
\* those that it looks at.
Minima ==
    \A p \in Producers :
        /\ pc[p] = "look" => local[p].seen <= version
        /\ pc[p] = "look" => local[p].toRead \subseteq Consumers
        /\ pc[p] = "look" /\ local[p].seen = version =>
            \A c \in Consumers :
                IsGating(c) => c \in local[p].toRead \/ local[p].lowest <= sequence[c]
        /\ HasLooked(p) =>
            \A c \in Consumers : IsGating(c) => local[p].lowest <= sequence[c]

\* What a thread has found published, is published.
Knowledge ==
    \A t \in Threads :
        /\ local[t].known >= -1
        /\ AllPublished(local[t].known)
        /\ pc[t] = "search" => local[t].known <= local[t].last
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
    /\ \A c \in Consumers : AllPublished(sequence[c])
    /\ \A c \in Consumers : HasStarted(c) =>
        /\ AllPublished(reading[c] - 1)
        /\ sequence[c] < reading[c]
        /\ start[c] < reading[c]
        /\ pc[c] \in {"wait", "search", "found"} => sequence[c] = reading[c] - 1
        /\ pc[c] = "reading" => reading[c] <= local[c].known
        /\ pc[c] = "read" => reading[c] - 1 <= local[c].known

\* Once a joiner has raised the version, it may start wherever what is published ends.
Gaps ==
    \A b \in Joiners : IsBetween(b) =>
        /\ IsKept(b, cursor)
        /\ \A q \in Producers : IsClaiming(q) => IsKept(b, Low(q) - 1)

\* It may start at the end that it finds, unless it was lapped, which it finds out.
Ends ==
    \A b \in Joiners : IsBetween(b) =>
        /\ pc[b] = "search" => IsKept(b, local[b].last)
        /\ pc[b] = "found" => IsKept(b, local[b].known) \/ cursor > local[b].known + Size
        /\ pc[b] = "set" => IsKept(b, local[b].known)

\* The threads that are at a slot.
AtSlots ==
    \A i \in 0..Size-1 :
        /\ slots[i].writers =
            {p \in Producers : pc[p] = "writing" /\ Index(local[p].writing) = i}
        /\ slots[i].readers = {c \in Consumers : pc[c] = "reading" /\ Index(reading[c]) = i}

Inv ==
    /\ Places /\ Bounds /\ Starts /\ Members /\ Candidates /\ Claims /\ Apart /\ Limit /\ Swaps
    /\ Ahead /\ Minima /\ Knowledge /\ Flags /\ Standing /\ Gaps /\ Ends /\ AtSlots

(* What follows ************************************************************)

Safety == TypeOK /\ NoRace /\ ReadsAreRight /\ NothingIsOverwritten /\ StartsAtAnEnd

\* What is published without a gap stays so.
PublishedStays == \A s \in -1..Events : AllPublished(s) => AllPublished(s)'

\* From its start on, a consumer handles each event, once, in order, when it is published.
HandlesInOrder ==
    \A c \in Consumers :
        IF HasStarted(c)
        THEN \/ reading'[c] = reading[c]
             \/ /\ reading'[c] = reading[c] + 1
                /\ AllPublished(reading[c])
                /\ Holds(reading[c])
        ELSE reading'[c] = reading[c] \/ reading'[c] = start'[c] + 1

\* A start does not change.
StartStays == \A c \in Consumers : HasStarted(c) => start'[c] = start[c]

Steps == PublishedStays /\ HandlesInOrder /\ StartStays

\* What TLC checks within bounds.
StepsHold == [][Steps]_vars
=============================================================================
