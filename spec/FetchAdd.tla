------------------------------- MODULE FetchAdd -------------------------------
(***************************************************************************)
(* How a claim is NOT made: with fetch-and-add, before there is room.      *)
(*                                                                         *)
(* A producer adds to the cursor and has its slots; then it waits until the*)
(* consumer has left them.  The slots themselves stay safe.  But the cursor*)
(* runs further ahead of the consumer than the ring is long, so what is    *)
(* left of the ring may be less than nothing; and a producer that gives up *)
(* leaves a hole that nobody fills: everybody behind it waits for ever.    *)
(*                                                                         *)
(* Not modelled: limits, batches, flags: they change nothing about this.   *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events can be claimed in all
    Producers,
    MayGiveUp     \* whether a producer may give up while it waits for room

VARIABLES pc, cursor, claim, published, sequence

vars == <<pc, cursor, claim, published, sequence>>

Init ==
    /\ pc = [p \in Producers |-> "claim"]
    /\ cursor = -1
    /\ claim = [p \in Producers |-> -1]
    /\ published = {}
    /\ sequence = -1

Claim(p) ==
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ cursor' = cursor + 1
    /\ claim' = [claim EXCEPT ![p] = cursor + 1]
    /\ pc' = [pc EXCEPT ![p] = "wait"]
    /\ UNCHANGED <<published, sequence>>

Publish(p) ==
    /\ pc[p] = "wait"
    /\ claim[p] <= sequence + Size
    /\ published' = published \cup {claim[p]}
    /\ pc' = [pc EXCEPT ![p] = "claim"]
    /\ UNCHANGED <<cursor, claim, sequence>>

GiveUp(p) ==
    /\ MayGiveUp
    /\ pc[p] = "wait"
    /\ claim[p] > sequence + Size
    /\ pc' = [pc EXCEPT ![p] = "gone"]
    /\ UNCHANGED <<cursor, claim, published, sequence>>

Consume ==
    /\ sequence + 1 \in published
    /\ sequence' = sequence + 1
    /\ UNCHANGED <<pc, cursor, claim, published>>

Next == Consume \/ (\E p \in Producers : Claim(p) \/ Publish(p) \/ GiveUp(p)) \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ WF_vars(Consume) /\ \A p \in Producers : WF_vars(Claim(p)) /\ WF_vars(Publish(p))

\* The slots are safe: nobody publishes into one that is not free.
SlotsAreSafe == \A s \in published : s <= sequence + Size

\* What compare-and-swap keeps, and this does not.
NeverAhead == cursor <= sequence + Size

\* What is claimed is consumed some day.
EverythingIsHandled == <>(sequence = Events - 1)
=============================================================================
