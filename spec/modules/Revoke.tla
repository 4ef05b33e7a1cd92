-------------------------------- MODULE Revoke --------------------------------
(***************************************************************************)
(* The first producer of a ring claims alone, with plain stores to the     *)
(* cursor, until another producer comes, or the ring is closed.            *)
(*                                                                         *)
(*   cursor     the last claim                                             *)
(*   sealed     the seal on the cursor, a part of it                       *)
(*   grant      up to where the owner may claim alone; or Revoked          *)
(*   announced  the last event that the owner has claimed, or is about to  *)
(*   limit      up to where a claim needs no look at anything else         *)
(*   closed     the ring takes no more claims                              *)
(*   consumed   up to where the one consumer has come                      *)
(*                                                                         *)
(* The owner announces a claim *before* it looks at its grant.  A thread   *)
(* that comes revokes the grant *before* it looks at the announcement, and *)
(* then waits until the cursor has what is announced, or until it is       *)
(* withdrawn.  From then on every thread swaps the cursor.                 *)
(*                                                                         *)
(* Protocol says which one: "revoke" is the library's; with "looks first", *)
(* "no wait" and "plain grant" a claim is made twice, or lost.             *)
(*                                                                         *)
(* Each action is one access: producer/biased.py, producer/multi.py,       *)
(* sequencer/biased_producer.py, seal.py and ring_state.py.                *)
(*                                                                         *)
(* Not modelled: gaps in what is published (see MultiProducer; here a      *)
(* claim is published at once); batches; delayed stores (see StoreBuffers, *)
(* "revoke").                                                              *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events are claimed, at most
    Owner,        \* the producer that comes first
    Newcomers,    \* the other producers
    MayClose,     \* whether the ring is closed at some time
    Protocol      \* which protocol

VARIABLES
    pc, cursor, sealed, grant, announced, limit, closed, consumed,
    current,      \* each thread's: the cursor as it was loaded, or Sealed
    room,         \* each producer's: up to where it found free capacity
    seen,         \* each thread's that revokes: the announcement as it was loaded
    accepted      \* how many claims have succeeded; no thread looks at it

vars == <<pc, cursor, sealed, grant, announced, limit, closed, consumed, current, room, seen,
          accepted>>
own == <<current, room, seen>>

Closer == "closer"
Producers == {Owner} \cup Newcomers
Threads == Producers \cup {Closer}
None == -1
Revoked == -1
Sealed == Events + Size + 1     \* beyond every limit

Init ==
    /\ pc = [t \in Threads |-> CASE t = Owner -> "alone" [] t = Closer -> "open" [] OTHER -> "come"]
    /\ cursor = -1
    /\ sealed = FALSE
    /\ grant = Size - 1
    /\ announced = -1
    /\ limit = Size - 1
    /\ closed = FALSE
    /\ consumed = -1
    /\ current = [t \in Threads |-> None]
    /\ room = [p \in Producers |-> None]
    /\ seen = [t \in Threads |-> None]
    /\ accepted = 0

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* The owner, while it claims alone ****************************************)

\* Stores its claim; or looks first, which is wrong.
Announce ==
    /\ pc[Owner] \in {"alone", "announce"}
    /\ announced + 1 < Events
    /\ IF Protocol = "looks first" /\ pc[Owner] = "alone"
       THEN Go(Owner, "compare") /\ UNCHANGED announced
       ELSE announced' = announced + 1 /\
            Go(Owner, IF Protocol = "looks first" THEN "store" ELSE "compare")
    /\ UNCHANGED <<cursor, sealed, grant, limit, closed, consumed, own, accepted>>

\* Loads the grant.
Compare ==
    LET wanted == IF Protocol = "looks first" THEN announced + 1 ELSE announced IN
    /\ pc[Owner] = "compare"
    /\ Go(Owner, CASE wanted > grant -> "withdraw"
                   [] Protocol = "looks first" -> "announce"
                   [] OTHER -> "store")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, own, accepted>>

\* The claim: a plain store.  It would remove a seal.
StoreCursor ==
    /\ pc[Owner] = "store"
    /\ cursor' = announced
    /\ sealed' = FALSE
    /\ accepted' = accepted + 1
    /\ Go(Owner, "alone")
    /\ UNCHANGED <<grant, announced, limit, closed, consumed, own>>

Withdraw ==
    /\ pc[Owner] = "withdraw"
    /\ announced' = IF Protocol = "looks first" THEN announced ELSE announced - 1
    /\ Go(Owner, "load grant")
    /\ UNCHANGED <<cursor, sealed, grant, limit, closed, consumed, own, accepted>>

\* The swap that will raise the grant expects this value.
LoadGrant ==
    /\ pc[Owner] = "load grant"
    /\ IF grant = Revoked
       THEN Go(Owner, "claim") /\ UNCHANGED current
       ELSE Go(Owner, "look at limit") /\ current' = [current EXCEPT ![Owner] = grant]
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, room, seen, accepted>>

\* Loads the limit.
LookAtLimit ==
    /\ pc[Owner] = "look at limit"
    /\ Go(Owner, IF cursor + 1 <= limit THEN "load room" ELSE "measure")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, own, accepted>>

\* Loads the limit again, which the closer may have lowered meanwhile.
LoadRoom ==
    /\ pc[Owner] = "load room"
    /\ room' = [room EXCEPT ![Owner] = limit]
    /\ Go(Owner, "raise")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, current, seen,
                   accepted>>

\* It is the only thread that raises the grant.
RaiseGrant ==
    /\ pc[Owner] = "raise"
    /\ IF grant = current[Owner] \/ Protocol = "plain grant"
       THEN grant' = room[Owner] /\ announced' = cursor /\ Go(Owner, "alone")
       ELSE Go(Owner, "claim") /\ UNCHANGED <<grant, announced>>
    /\ current' = [current EXCEPT ![Owner] = None]
    /\ room' = [room EXCEPT ![Owner] = None]
    /\ UNCHANGED <<cursor, sealed, limit, closed, consumed, seen, accepted>>

(* A thread that revokes: a newcomer, or the closer ************************)

Revoke(t) ==
    /\ pc[t] = "come"
    /\ grant' = Revoked
    /\ Go(t, IF Protocol = "no wait" THEN "waited" ELSE "look")
    /\ UNCHANGED <<cursor, sealed, announced, limit, closed, consumed, own, accepted>>

\* Loads the announcement.
LookAtClaim(t) ==
    /\ pc[t] = "look"
    /\ seen' = [seen EXCEPT ![t] = announced]
    /\ Go(t, "compare cursor")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, current, room,
                   accepted>>

\* Loads the cursor.
LookAtCursor(t) ==
    /\ pc[t] = "compare cursor"
    /\ Go(t, IF ~sealed /\ seen[t] > cursor THEN "look" ELSE "waited")
    /\ seen' = [seen EXCEPT ![t] = None]
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, current, room,
                   accepted>>

GoOn(t) ==
    /\ pc[t] = "waited"
    /\ Go(t, IF t = Closer THEN "load" ELSE "claim")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, own, accepted>>

(* Every producer, once no thread claims alone ********************************)

LoadCursor(p) ==
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ current' = [current EXCEPT ![p] = IF sealed THEN Sealed ELSE cursor]
    /\ Go(p, "limit")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, room, seen, accepted>>

LoadLimit(p) ==
    /\ pc[p] = "limit"
    /\ Go(p, IF current[p] + 1 <= limit THEN "swap" ELSE "measure several")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, own, accepted>>

Swap(p) ==
    /\ pc[p] = "swap"
    /\ LET done == ~sealed /\ cursor = current[p] IN
        /\ cursor' = IF done THEN cursor + 1 ELSE cursor
        /\ accepted' = IF done THEN accepted + 1 ELSE accepted
    /\ Go(p, "claim")
    /\ current' = [current EXCEPT ![p] = None]
    /\ room' = [room EXCEPT ![p] = None]
    /\ UNCHANGED <<sealed, grant, announced, limit, closed, consumed, seen>>

(* The look for free capacity **********************************************)

Measure(p) ==
    /\ pc[p] \in {"measure", "measure several"}
    /\ room' = [room EXCEPT ![p] = consumed + Size]
    /\ Go(p, IF pc[p] = "measure" THEN "keep" ELSE "keep several")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, current, seen,
                   accepted>>

KeepLimit(p) ==
    /\ pc[p] \in {"keep", "keep several"}
    /\ limit' = room[p]
    /\ Go(p, IF pc[p] = "keep" THEN "check" ELSE "check several")
    /\ UNCHANGED <<cursor, sealed, grant, announced, closed, consumed, own, accepted>>

CheckClosed(p) ==
    /\ pc[p] \in {"check", "check several"}
    /\ LET last == IF pc[p] = "check" THEN cursor ELSE current[p] IN
        /\ Go(p, CASE closed -> "lower"
                   [] last + 1 > room[p] -> (IF pc[p] = "check" THEN "load grant" ELSE "claim")
                   [] OTHER -> (IF pc[p] = "check" THEN "load room" ELSE "swap"))
        /\ room' = IF ~closed /\ last + 1 <= room[p] THEN room ELSE [room EXCEPT ![p] = None]
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, current, seen,
                   accepted>>

LowerAgain(p) ==
    /\ p \in Producers
    /\ pc[p] = "lower"
    /\ limit' = None
    /\ Go(p, "refused")
    /\ UNCHANGED <<cursor, sealed, grant, announced, closed, consumed, own, accepted>>

(* The consumer ************************************************************)

Consume ==
    /\ consumed < cursor
    /\ consumed' = consumed + 1
    /\ UNCHANGED <<pc, cursor, sealed, grant, announced, limit, closed, own, accepted>>

(* The closer **************************************************************)

Close ==
    /\ MayClose
    /\ pc[Closer] = "open"
    /\ closed' = TRUE
    /\ Go(Closer, "lower")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, consumed, own, accepted>>

Lower ==
    /\ pc[Closer] = "lower"
    /\ limit' = None
    /\ Go(Closer, "come")
    /\ UNCHANGED <<cursor, sealed, grant, announced, closed, consumed, own, accepted>>

LoadToSeal ==
    /\ pc[Closer] = "load"
    /\ current' = [current EXCEPT ![Closer] = cursor]
    /\ Go(Closer, "seal")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, room, seen, accepted>>

Seal ==
    /\ pc[Closer] = "seal"
    /\ sealed' = (cursor = current[Closer])
    /\ Go(Closer, IF cursor = current[Closer] THEN "drain" ELSE "load")
    /\ current' = [current EXCEPT ![Closer] = None]
    /\ UNCHANGED <<cursor, grant, announced, limit, closed, consumed, room, seen, accepted>>

Drain ==
    /\ pc[Closer] = "drain"
    /\ consumed >= cursor
    /\ Go(Closer, "ended")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, own, accepted>>

(* All together ************************************************************)

OwnerStep ==
    Announce \/ Compare \/ StoreCursor \/ Withdraw \/ LoadGrant \/ LookAtLimit \/ LoadRoom \/
    RaiseGrant
Revoking(t) == Revoke(t) \/ LookAtClaim(t) \/ LookAtCursor(t) \/ GoOn(t)
Claiming(p) ==
    LoadCursor(p) \/ LoadLimit(p) \/ Swap(p) \/ Measure(p) \/ KeepLimit(p) \/ CheckClosed(p) \/
    LowerAgain(p)
ProducerStep(p) == (p = Owner /\ OwnerStep) \/ (p # Owner /\ Revoking(p)) \/ Claiming(p)
CloserStep == Close \/ Lower \/ Revoking(Closer) \/ LoadToSeal \/ Seal \/ Drain

Next == (\E p \in Producers : ProducerStep(p)) \/ Consume \/ CloserStep \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars
FairSpec ==
    /\ Spec
    /\ \A p \in Producers : WF_vars(ProducerStep(p))
    /\ WF_vars(Consume) /\ WF_vars(CloserStep)

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..Events-1 /\ consumed \in -1..cursor /\ announced \in -1..Events
    /\ grant \in -1..Events+Size /\ limit \in -1..Events+Size
    /\ closed \in BOOLEAN /\ sealed \in BOOLEAN

\* No claim is made twice, and none is lost: each has moved the cursor by one.
ClaimsAreUnique == accepted = cursor + 1

NothingIsOverwritten == cursor <= consumed + Size

\* The owner's claim is on its way only while it may be; no other thread swaps meanwhile.
NoSwapMeanwhile ==
    pc[Owner] = "store" => \A p \in Newcomers : pc[p] \notin {"claim", "limit", "swap"}

\* The consumer halts when the closer has ended: a later accepted event would be lost.
NothingIsLost == pc[Closer] = "ended" => consumed = cursor /\ sealed

\* A producer that comes may claim.
NoNewcomerWaitsForever == \A t \in Newcomers : (pc[t] = "look") ~> (pc[t] = "claim")
TheEndComes == closed ~> (pc[Closer] = "ended")
EverythingIsClaimed == (~closed /\ ~MayClose) ~> (cursor = Events - 1)
=============================================================================
