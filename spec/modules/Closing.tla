------------------------------- MODULE Closing -------------------------------
(***************************************************************************)
(* A ring is closed while producers are in the middle of a claim: when may *)
(* the closer say that no event will come?                                 *)
(*                                                                         *)
(*   closed     the ring takes no more claims                              *)
(*   limit      up to where a claim needs no look at anything else         *)
(*   cursor     several producers: the last claim; one: the last publication*)
(*   sealed     several producers: the seal on the cursor, a part of it    *)
(*   announced  one producer: the last claim, which others may look at     *)
(*   consumed   up to where the one consumer has come                      *)
(*                                                                         *)
(* Several producers load the cursor, look for free capacity, and swap the *)
(* cursor.  The closer seals it: then a swap fails that expects an older   *)
(* cursor.  One producer announces its claim *before* it looks whether the *)
(* ring is closed.  The closer closes the ring *before* it looks at the    *)
(* announced claim.                                                        *)
(*                                                                         *)
(* Protocol says which one: "several" and "one" are the library's; with    *)
(* "no seal", "looks first" and "looks once" an accepted event is lost.    *)
(*                                                                         *)
(* Each action is one access: producer/multi.py, producer/single.py,       *)
(* sequencer/seal.py, single_producer.py, ring_state.py, and the drain of  *)
(* disruptor/lifecycle.py.                                                 *)
(*                                                                         *)
(* Not modelled: gaps in what is published (see MultiProducer; here a      *)
(* claim is published at once); consumers that stop (see Lifecycle);       *)
(* delayed stores (see StoreBuffers, "announce").                          *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events are published, at most
    Producers,    \* the producers
    Protocol      \* which protocol

VARIABLES
    pc, closed, limit, cursor, sealed, announced, consumed,
    current,      \* each producer's: the cursor as it was loaded, or Sealed; the closer's too
    room          \* each producer's: up to where it found free capacity

vars == <<pc, closed, limit, cursor, sealed, announced, consumed, current, room>>
shared == <<closed, limit, cursor, sealed, announced, consumed>>

None == -1
Sealed == Events + Size + 1     \* beyond every limit
IsSingle == Protocol \in {"one", "looks first", "looks once"}
Closer == "closer"

Init ==
    /\ pc = [t \in Producers \cup {Closer} |-> IF t = Closer THEN "open" ELSE "claim"]
    /\ closed = FALSE
    /\ limit = Size - 1
    /\ cursor = -1
    /\ sealed = FALSE
    /\ announced = -1
    /\ consumed = -1
    /\ current = [t \in Producers \cup {Closer} |-> None]
    /\ room = [p \in Producers |-> None]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* Several producers *******************************************************)

LoadCursor(p) ==
    /\ ~IsSingle
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ current' = [current EXCEPT ![p] = IF sealed THEN Sealed ELSE cursor]
    /\ Go(p, "limit")
    /\ UNCHANGED <<shared, room>>

LoadLimit(p) ==
    /\ pc[p] = "limit"
    /\ Go(p, IF current[p] + 1 <= limit THEN "swap" ELSE "measure")
    /\ UNCHANGED <<shared, current, room>>

Swap(p) ==
    /\ pc[p] = "swap"
    /\ LET done == ~sealed /\ cursor = current[p] IN cursor' = IF done THEN cursor + 1 ELSE cursor
    /\ Go(p, "claim")
    /\ current' = [current EXCEPT ![p] = None]
    /\ room' = [room EXCEPT ![p] = None]
    /\ UNCHANGED <<closed, limit, sealed, announced, consumed>>

(* One producer ************************************************************)

\* The claim; and again after a look for free capacity, unless it looks first or only once.
Announce(p) ==
    /\ pc[p] = "announce"
    /\ announced' = cursor + 1
    /\ Go(p, CASE room[p] = None /\ Protocol # "looks first" -> "compare"
               [] room[p] # None /\ Protocol = "one" -> "check again"
               [] OTHER -> "publish")
    /\ UNCHANGED <<closed, limit, cursor, sealed, consumed, current, room>>

Begin(p) ==
    /\ IsSingle
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ Go(p, IF Protocol = "looks first" THEN "compare" ELSE "announce")
    /\ UNCHANGED <<shared, current, room>>

\* Loads the limit.
Compare(p) ==
    /\ pc[p] = "compare"
    /\ Go(p, CASE cursor + 1 > limit -> "take back"
               [] Protocol = "looks first" -> "announce"
               [] OTHER -> "publish")
    /\ UNCHANGED <<shared, current, room>>

TakeBack(p) ==
    /\ pc[p] \in {"take back", "take back again"}
    /\ announced' = cursor
    /\ Go(p, IF pc[p] = "take back" THEN "measure" ELSE "refused")
    /\ UNCHANGED <<closed, limit, cursor, sealed, consumed, current, room>>

\* Loads whether the ring is closed: the limit was kept before the claim was announced.
CheckAgain(p) ==
    /\ pc[p] = "check again"
    /\ Go(p, IF closed THEN "take back again" ELSE "publish")
    /\ UNCHANGED <<shared, current, room>>

Publish(p) ==
    /\ pc[p] = "publish"
    /\ cursor' = announced
    /\ room' = [room EXCEPT ![p] = None]
    /\ Go(p, "claim")
    /\ UNCHANGED <<closed, limit, sealed, announced, consumed, current>>

(* Either: the look for room ***********************************************)

Measure(p) ==
    /\ pc[p] = "measure"
    /\ room' = [room EXCEPT ![p] = consumed + Size]
    /\ Go(p, "keep")
    /\ UNCHANGED <<shared, current>>

KeepLimit(p) ==
    /\ pc[p] = "keep"
    /\ limit' = room[p]
    /\ Go(p, "check")
    /\ UNCHANGED <<closed, cursor, sealed, announced, consumed, current, room>>

Wanted(p) == 1 + IF IsSingle THEN cursor ELSE current[p]

CheckClosed(p) ==
    /\ pc[p] = "check"
    /\ LET found == Wanted(p) <= room[p] IN
        /\ Go(p, CASE closed -> "withdraw"
                   [] found -> (IF IsSingle THEN "announce" ELSE "swap")
                   [] OTHER -> "claim")
        /\ room' = IF ~closed /\ found THEN room ELSE [room EXCEPT ![p] = None]
    /\ UNCHANGED <<shared, current>>

Withdraw(p) ==
    /\ pc[p] = "withdraw"
    /\ limit' = None
    /\ Go(p, "refused")
    /\ UNCHANGED <<closed, cursor, sealed, announced, consumed, current, room>>

(* The consumer ************************************************************)

Consume ==
    /\ consumed < cursor
    /\ consumed' = consumed + 1
    /\ UNCHANGED <<pc, closed, limit, cursor, sealed, announced, current, room>>

(* The closer **************************************************************)

Close ==
    /\ pc[Closer] = "open"
    /\ closed' = TRUE
    /\ Go(Closer, "lower")
    /\ UNCHANGED <<limit, cursor, sealed, announced, consumed, current, room>>

Lower ==
    /\ pc[Closer] = "lower"
    /\ limit' = None
    /\ Go(Closer, IF IsSingle \/ Protocol = "no seal" THEN "drain" ELSE "load")
    /\ UNCHANGED <<closed, cursor, sealed, announced, consumed, current, room>>

\* Several producers: loads the cursor, and swaps it.
LoadToSeal ==
    /\ pc[Closer] = "load"
    /\ current' = [current EXCEPT ![Closer] = cursor]
    /\ Go(Closer, "seal")
    /\ UNCHANGED <<shared, room>>

Seal ==
    /\ pc[Closer] = "seal"
    /\ sealed' = (cursor = current[Closer])
    /\ Go(Closer, IF cursor = current[Closer] THEN "drain" ELSE "load")
    /\ current' = [current EXCEPT ![Closer] = None]
    /\ UNCHANGED <<closed, limit, cursor, announced, consumed, room>>

\* Every claimed event is consumed.  Otherwise it looks again.
Drain ==
    /\ pc[Closer] = "drain"
    /\ consumed >= IF IsSingle THEN announced ELSE cursor
    /\ Go(Closer, "ended")
    /\ UNCHANGED <<shared, current, room>>

ProducerStep(p) ==
    \/ LoadCursor(p) \/ LoadLimit(p) \/ Swap(p)
    \/ Begin(p) \/ Announce(p) \/ Compare(p) \/ TakeBack(p) \/ CheckAgain(p) \/ Publish(p)
    \/ Measure(p) \/ KeepLimit(p) \/ CheckClosed(p) \/ Withdraw(p)
CloserStep == Close \/ Lower \/ LoadToSeal \/ Seal \/ Drain

Next == (\E p \in Producers : ProducerStep(p)) \/ Consume \/ CloserStep \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars
FairSpec ==
    /\ Spec
    /\ \A p \in Producers : WF_vars(ProducerStep(p))
    /\ WF_vars(Consume) /\ WF_vars(CloserStep)

(* What is checked *********************************************************)

TypeOK ==
    /\ limit \in -1..consumed + Size /\ consumed \in -1..cursor /\ cursor \in -1..Events-1
    /\ announced \in -1..cursor+1 /\ closed \in BOOLEAN /\ sealed \in BOOLEAN

NothingIsOverwritten == cursor <= consumed + Size

\* The consumer halts when the closer has ended: a later accepted event would be lost.
NothingIsLost == pc[Closer] = "ended" => consumed = cursor

\* The closer ends, and no producer waits forever.
TheEndComes == <>(pc[Closer] = "ended")
NoProducerIsStuck ==
    \A p \in Producers :
        (closed /\ pc[p] # "claim") ~> (pc[p] = "refused" \/ cursor + 1 >= Events)
=============================================================================
