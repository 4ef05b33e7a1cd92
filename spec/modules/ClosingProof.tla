---------------------------- MODULE ClosingProof ----------------------------
(***************************************************************************)
(* Why Closing is right, for rings of every size and runs of any length:   *)
(* with the seal for any number of producers, and for a single producer    *)
(* that announces its claims.  `Inv` is inductive.                         *)
(***************************************************************************)
EXTENDS Closing, FiniteSets

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ IsFiniteSet(Producers)
    /\ Protocol \in {"several", "one"}
    /\ Closer \notin Producers
    /\ Protocol = "one" => \A p, q \in Producers : p = q

\* The places of a single producer that has announced a claim.
Claiming == {"compare", "take back", "take back again", "check again", "publish"}

\* Where each thread may be.
Places ==
    /\ pc[Closer] \in {"open", "lower", "load", "seal", "drain", "ended"}
    /\ IsSingle => pc[Closer] \notin {"load", "seal"}
    /\ \A p \in Producers :
        /\ IsSingle => pc[p] \notin {"limit", "swap"}
        /\ ~IsSingle => pc[p] \notin Claiming \cup {"announce"}
        /\ pc[p] \in {"claim", "limit", "swap", "measure", "keep", "check", "withdraw", "refused",
                      "announce"} \cup Claiming

\* What is consumed was published, and no claim overwrites what is not consumed.
Bounds ==
    /\ -1 <= consumed
    /\ consumed <= cursor
    /\ cursor < Events
    /\ cursor <= consumed + Size

\* No limit lies beyond the slots that the consumer has freed.
Limits ==
    /\ -1 <= limit
    /\ limit <= consumed + Size
    /\ \A p \in Producers :
        /\ -1 <= room[p]
        /\ room[p] <= consumed + Size

\* The ring is closed once the closer has left its first place.
ClosedByCloser == closed <=> pc[Closer] # "open"

\* The seal is there from the closer's swap on.  The cursor of a single producer has none.
SealedByCloser == sealed <=> (~IsSingle /\ pc[Closer] \in {"drain", "ended"})

\* Several producers: a cursor that was loaded is one that has been, or sealed.
Loaded ==
    \A p \in Producers :
        ~IsSingle /\ pc[p] \in {"limit", "measure", "keep", "check", "swap"} =>
            current[p] = Sealed \/ (current[p] <= cursor /\ current[p] + 1 < Events)

\* Several producers: before a swap, the slot that it claims is free.
FreeSlots ==
    \A p \in Producers : ~IsSingle /\ pc[p] = "swap" => current[p] + 1 <= consumed + Size

\* One producer: what is announced is its claim while it has one, and otherwise the cursor.
Announced ==
    /\ ~IsSingle => announced = -1
    /\ IsSingle => announced = cursor \/ \E p \in Producers : pc[p] \in Claiming
    /\ \A p \in Producers : IsSingle /\ pc[p] \in Claiming => announced = cursor + 1

\* One producer: its claim is one of the events, and its slot is free once it has looked.
Claimed ==
    \A p \in Producers : IsSingle =>
        /\ pc[p] \in {"announce", "measure", "keep", "check"} \cup Claiming => cursor + 1 < Events
        /\ pc[p] = "publish" => cursor + 1 <= consumed + Size
        /\ pc[p] = "check again" => cursor + 1 <= room[p]
        /\ pc[p] = "claim" => room[p] = None
        /\ pc[p] = "announce" => room[p] = None \/ cursor + 1 <= room[p]

\* One producer: a closed ring has no limit that lets a claim pass, or it is about to be lowered.
Lowered ==
    IsSingle /\ pc[Closer] \in {"drain", "ended"} =>
        limit = None \/ \E p \in Producers : pc[p] \in {"check", "withdraw"}

\* Once the closer has ended, everything is consumed, and no claim will succeed.
EndedIsConsumed ==
    pc[Closer] = "ended" =>
        /\ consumed = cursor
        /\ \A p \in Producers : pc[p] # "publish"

Inv ==
    Places /\ Bounds /\ Limits /\ ClosedByCloser /\ SealedByCloser /\ Loaded /\ FreeSlots
    /\ Announced /\ Claimed /\ Lowered /\ EndedIsConsumed

Safety == TypeOK /\ NothingIsOverwritten /\ NothingIsLost

\* A claim and a consumption stay.
ProgressStays == cursor <= cursor' /\ consumed <= consumed'

\* No claim succeeds after the end.
NoLateClaim == pc[Closer] = "ended" => cursor' = cursor

Steps == ProgressStays /\ NoLateClaim

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
