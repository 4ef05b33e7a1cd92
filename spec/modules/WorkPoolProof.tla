---------------------------- MODULE WorkPoolProof ----------------------------
(***************************************************************************)
(* Why WorkPool is right for any number of workers, chunks, deaths and     *)
(* slots, and however long it runs.  `Inv` is inductive, and `Safety`      *)
(* follows from it; see docs/proof.md.                                     *)
(*                                                                         *)
(* The reason: `busy` of a worker with a claim is never beyond what the    *)
(* worker has handled, and a claim that is made after `work` was loaded    *)
(* begins behind it.  So everything up to the minimum of `work` and then   *)
(* of every `busy` is handled.                                             *)
(***************************************************************************)
EXTENDS WorkPool

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ IsFiniteSet(Workers)
    /\ Chunks \subseteq Nat \ {0}
    /\ Deaths \in Nat

HasClaim(w) ==
    pc[w] \in {"handle", "dead", "fence", "look", "raise"} /\ local[w].claimed # -1

(* The invariant ***********************************************************)

\* Where each worker can be, whether it has a claim there, and where it goes on.
Places ==
    \A w \in Workers :
        /\ pc[w] \in {"ready", "check", "wait", "announce", "claim", "handle", "rest", "fence",
                      "look", "raise", "dead", "halted"}
        /\ local[w].next \in {"ready", "wait", "halted", "dead"}
        /\ pc[w] \in {"handle", "dead"} => local[w].claimed # -1
        /\ pc[w] = "handle" => local[w].next = "ready"
        /\ pc[w] = "rest" => local[w].claimed = -1 /\ local[w].next # "dead"
        /\ pc[w] \in {"fence", "look", "raise"} =>
            (local[w].claimed # -1 <=> local[w].next = "dead")
        /\ pc[w] \in {"ready", "check", "wait", "announce", "claim", "halted"} =>
            local[w].next = "ready"

\* What is done was claimed; what was claimed is published; that is at most a ring ahead.
Bounds ==
    /\ -1 <= done
    /\ done <= work
    /\ work <= cursor
    /\ cursor < Events
    /\ cursor <= done + Size

\* Before the swap: a worker has announced the value of `work` that its claim is to replace.
Candidates ==
    \A w \in Workers :
        /\ local[w].available <= cursor
        /\ -1 <= local[w].current
        /\ pc[w] = "claim" =>
            /\ busy[w] = local[w].current
            /\ local[w].current < local[w].claimed
            /\ local[w].claimed <= cursor

\* After the swap: `busy` is not beyond what the worker has handled, and `done` not beyond `busy`.
Claims ==
    \A w \in Workers : HasClaim(w) =>
        /\ done <= busy[w]
        /\ busy[w] <= local[w].current
        /\ local[w].current <= local[w].claimed
        /\ local[w].claimed <= work

\* Two claims do not overlap.
Apart ==
    \A v, w \in Workers : (v # w /\ HasClaim(v) /\ HasClaim(w)) =>
        local[v].claimed <= local[w].current \/ local[w].claimed <= local[v].current

\* An event is handled once; exactly if it was claimed, and is not what a worker has left to do.
Handled ==
    \A e \in 0..Events-1 :
        /\ handled[e] \in {0, 1}
        /\ handled[e] = 1 <=> (e <= work /\ \A w \in Workers : e \notin Claimed(w))

\* The minimum that a worker knows is not above `work`, nor above the `busy` that it has looked at.
Minima ==
    \A w \in Workers :
        /\ pc[w] \in {"look", "raise"} => local[w].lowest <= work
        /\ pc[w] = "look" =>
            \A v \in Workers :
                HasClaim(v) => v \in local[w].toRead \/ local[w].lowest <= busy[v]
        /\ pc[w] = "raise" => \A v \in Workers : HasClaim(v) => local[w].lowest <= busy[v]
        /\ pc[w] = "raise" => local[w].before < local[w].lowest

Inv == Places /\ Bounds /\ Candidates /\ Claims /\ Apart /\ Handled /\ Minima

(* What follows ************************************************************)

EachByOne == \A v, w \in Workers : v # w => Claimed(v) \cap Claimed(w) = {}

Safety == EachOnce /\ DoneIsHandled /\ OnlyPublished /\ EachByOne

\* What is handled stays so.
HandledStays == \A e \in 0..Events-1 : handled[e] <= handled'[e]

\* The counters go up only.
OnlyUpwards == done <= done' /\ work <= work' /\ cursor <= cursor'

(* The refinement of CompetingQueue *****************************************)

StartsAsTheQueue == Queue!Init

\* Each step publishes, takes the events of a claim, handles an event, or changes nothing that
\* CompetingQueue knows.
IsAStepOfTheQueue ==
    IF cursor' # cursor
    THEN Queue!Publish
    ELSE IF work' # work
    THEN \E w \in Workers : pc[w] = "claim" /\ Queue!TakeUpTo(w, local[w].claimed)
    ELSE IF handled' # handled
    THEN \E w \in Workers : pc[w] = "handle" /\ Queue!HandleOne(w, local[w].current + 1)
    ELSE UNCHANGED Queue!vars

Initially == StartsAsTheQueue

Steps == HandledStays /\ OnlyUpwards /\ IsAStepOfTheQueue

\* What TLC checks within bounds.
StepsHold == [][Steps]_vars
=============================================================================
