----------------------------- MODULE RevokeProof -----------------------------
(***************************************************************************)
(* Why Revoke is right, for rings of every size, any number of newcomers   *)
(* and runs of any length, with and without a closer.  `Inv` is inductive. *)
(***************************************************************************)
EXTENDS Revoke, FiniteSets

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ IsFiniteSet(Newcomers)
    /\ Owner \notin Newcomers
    /\ Waits \in BOOLEAN
    /\ MayClose \in BOOLEAN
    /\ Protocol = "revoke"
    /\ Closer \notin Newcomers
    /\ Closer # Owner

\* The owner's places when it has announced a claim that is neither made nor withdrawn.
OnItsWay == {"compare", "store", "withdraw"}
\* Its places while it looks for free capacity, to raise its grant.
Raising == {"load last", "look at limit", "load room", "raise", "measure", "keep", "check"}
\* All its places while it may claim alone.
Alone == {"alone", "load grant", "keep last"} \cup OnItsWay \cup Raising
\* The places of a producer that swaps the cursor.
Swapping == {"claim", "limit", "swap", "measure several", "keep several", "check several"}
\* The places of a thread before it has revoked the grant.
Arriving == {"come", "find", "begin", "take", "revoke"}
\* Its places while it waits for the owner.
Waiting == {"find owner", "look", "compare cursor"}

\* Where each thread may be.
Places ==
    /\ pc[Owner] \in Arriving \cup Waiting \cup Alone \cup Swapping \cup {"lower", "refused"}
    /\ \A p \in Newcomers :
        pc[p] \in Arriving \cup Waiting \cup Swapping \cup {"lower", "refused"}
    /\ pc[Closer] \in {"open", "lower", "revoke", "load", "seal", "drain", "ended"} \cup Waiting

\* The owner is found from its first claim on.
Owned ==
    /\ owned => pc[Owner] \notin Arriving \cup Waiting
    /\ pc[Owner] \in Alone => owned
    /\ begins \in {"alone", "load grant", "claim"}
    /\ begins # "claim" => owned
    /\ pc[Owner] \in OnItsWay \cup {"alone"} => begins = "alone"
    /\ pc[Owner] \in Raising => begins = "load grant"

\* What is consumed was claimed, and no claim overwrites what is not consumed.
Bounds ==
    /\ -1 <= consumed
    /\ consumed <= cursor
    /\ cursor < Events
    /\ cursor <= consumed + Size

\* Each claim has moved the cursor by one.
Counted == accepted = cursor + 1

\* No limit and no grant lies beyond the slots that the consumer has freed.
Limits ==
    /\ -1 <= limit
    /\ limit <= consumed + Size
    /\ -1 <= grant
    /\ grant <= consumed + Size
    /\ \A p \in Producers :
        /\ -1 <= room[p]
        /\ room[p] <= consumed + Size

\* The ring is closed once the closer has left its first place.
ClosedByCloser == closed <=> pc[Closer] # "open"

\* The seal is there from the closer's swap on.
SealedByCloser == sealed <=> pc[Closer] \in {"drain", "ended"}

\* What is announced is the cursor, or the owner's claim on its way, if the grant allows claims.
Announced ==
    /\ -1 <= announced
    /\ announced < Events
    /\ announced <= cursor + IF pc[Owner] \in OnItsWay THEN 1 ELSE 0
    /\ pc[Owner] \in {"compare", "withdraw"} => 0 <= announced
    /\ grant # Revoked =>
        /\ pc[Owner] = "take" => announced = cursor
        /\ pc[Owner] = "alone" => announced = cursor \/ grant <= announced
        /\ pc[Owner] = "compare" => announced = cursor + 1 \/ grant < announced
        /\ pc[Owner] \in Swapping /\ begins = "alone" => grant <= announced

\* While the owner looks for free capacity, its grant changes only when it is revoked.
GrantIsItsOwn ==
    /\ pc[Owner] \in Raising =>
        /\ granted # Revoked
        /\ grant \in {granted, Revoked}
    /\ pc[Owner] \in Raising \ {"load last"} =>
        /\ grant # Revoked => current[Owner] = cursor
        /\ -1 <= current[Owner]
        /\ current[Owner] = Sealed \/ current[Owner] <= cursor
    /\ pc[Owner] = "keep last" =>
        /\ -1 <= current[Owner]
        /\ current[Owner] <= cursor
        /\ grant # Revoked => current[Owner] = cursor
        /\ grant \in {room[Owner], Revoked}

\* A thread that has come has revoked the grant, and it stays revoked.
IsRevoked ==
    /\ \A p \in Newcomers : pc[p] \notin Arriving => grant = Revoked
    /\ pc[Closer] \notin {"open", "lower", "revoke"} => grant = Revoked
    /\ pc[Owner] \in Waiting => grant = Revoked
    /\ pc[Owner] \in Swapping /\ begins = "claim" => grant = Revoked

\* The owner's store follows its last claim; a thread that has revoked the grant waits for it.
Awaited ==
    pc[Owner] = "store" =>
        /\ announced = cursor + 1
        /\ announced <= consumed + Size
        /\ \A p \in Newcomers : pc[p] \in Arriving \cup Waiting
        /\ pc[Closer] \in {"open", "lower", "revoke"} \cup Waiting
        /\ \A p \in Newcomers : pc[p] = "compare cursor" => announced <= seen[p]
        /\ pc[Closer] = "compare cursor" => announced <= seen[Closer]

\* A cursor that was loaded before a swap is one that has been, or sealed.
Loaded ==
    \A p \in Producers :
        pc[p] \in Swapping \ {"claim"} =>
            current[p] = Sealed \/ (current[p] <= cursor /\ current[p] + 1 < Events)

\* Before a swap, the slot that it claims is free.
FreeSlots == \A p \in Producers : pc[p] = "swap" => current[p] + 1 <= consumed + Size

\* Once the closer has ended, everything is consumed.
EndedIsConsumed == pc[Closer] = "ended" => consumed = cursor

Inv ==
    Places /\ Owned /\ Bounds /\ Counted /\ Limits /\ ClosedByCloser /\ SealedByCloser
    /\ Announced /\ GrantIsItsOwn /\ IsRevoked /\ Awaited /\ Loaded /\ FreeSlots
    /\ EndedIsConsumed

Safety == TypeOK /\ ClaimsAreUnique /\ NothingIsOverwritten /\ NoSwapMeanwhile /\ NothingIsLost

\* A claim and a consumption stay.
ProgressStays == cursor <= cursor' /\ consumed <= consumed'

\* No claim succeeds after the end.
NoLateClaim == pc[Closer] = "ended" => cursor' = cursor

\* A revoked grant stays revoked.
RevokedStays == grant = Revoked => grant' = Revoked

Steps == ProgressStays /\ NoLateClaim /\ RevokedStays

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
