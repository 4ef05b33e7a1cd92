------------------------------- MODULE FetchAdd -------------------------------
(***************************************************************************)
(* How a claim is NOT made: with fetch-and-add, before there is room.      *)
(*                                                                         *)
(* A producer adds to the cursor and has its slots.  Then it waits until   *)
(* the consumer has left them.  The slots stay safe.  But the cursor runs  *)
(* further ahead of the consumer than the ring is long, so the free        *)
(* capacity may be negative.  And a producer that gives up leaves a hole   *)
(* that no thread fills: every consumer behind it waits forever.           *)
(*                                                                         *)
(* Not modelled: limits, batches and flags, which change nothing about     *)
(* this.                                                                   *)
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
FairSpec ==
    /\ Spec /\ WF_vars(Consume)
    /\ \A p \in Producers : WF_vars(Claim(p)) /\ WF_vars(Publish(p))

\* The slots are safe: no producer publishes into a slot that is not free.
SlotsAreSafe == \A s \in published : s <= sequence + Size

\* Claims by compare-and-swap keep this.  Claims by fetch-and-add do not.
NeverAhead == cursor <= sequence + Size

\* What is claimed is consumed at some time.
EverythingIsHandled == <>(sequence = Events - 1)
=============================================================================
