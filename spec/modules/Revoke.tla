-------------------------------- MODULE Revoke --------------------------------
(***************************************************************************)
(* The first producer of a ring claims alone, with plain stores to the     *)
(* cursor, until another producer comes, or the ring is closed.            *)
(*                                                                         *)
(*   cursor     the last claim                                             *)
(*   sealed     the seal on the cursor, a part of it                       *)
(*   owned      whether other threads find the owner                       *)
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
(* Any producer may become the owner.  All of them do the same until one   *)
(* of them is, so `Owner` is the name of that one.                         *)
(*                                                                         *)
(* Not modelled: gaps in what is published (see MultiProducer; here a      *)
(* claim is published at once, whatever was looked at before); batches;    *)
(* an owner that ends before it is refused; delayed stores (see            *)
(* StoreBuffers, "revoke").                                                *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events are claimed, at most
    Owner,        \* the producer that comes first
    Newcomers,    \* the other producers
    Waits,        \* whether a claim waits for free capacity, or is refused
    MayClose,     \* whether the ring is closed at some time
    Protocol      \* which protocol

VARIABLES
    pc, cursor, sealed, owned, grant, announced, limit, closed, consumed,
    granted,      \* the owner's: the grant as it was loaded
    begins,       \* the owner's: where its next claim begins
    current,      \* each thread's: the cursor as it was loaded, or Sealed
    room,         \* each producer's: up to where it found free capacity
    seen,         \* each thread's that revokes: the announcement as it was loaded
    accepted      \* how many claims have succeeded; no thread looks at it

vars == <<pc, cursor, sealed, owned, grant, announced, limit, closed, consumed, granted, begins,
          current, room, seen, accepted>>
words == <<cursor, sealed, owned, grant, announced, limit, closed, consumed>>
own == <<granted, begins, current, room, seen>>

Closer == "closer"
Producers == {Owner} \cup Newcomers
Threads == Producers \cup {Closer}
None == -1
Revoked == -1
Sealed == Events + Size + 1     \* beyond every limit

Init ==
    /\ pc = [t \in Threads |-> IF t = Closer THEN "open" ELSE "come"]
    /\ cursor = -1
    /\ sealed = FALSE
    /\ owned = FALSE
    /\ grant = Size - 1
    /\ announced = -1
    /\ limit = Size - 1
    /\ closed = FALSE
    /\ consumed = -1
    /\ granted = None
    /\ begins = "claim"
    /\ current = [t \in Threads |-> None]
    /\ room = [p \in Producers |-> None]
    /\ seen = [t \in Threads |-> None]
    /\ accepted = 0

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* A producer comes ********************************************************)

\* Loads the grant.
Come(p) ==
    /\ p \in Producers
    /\ pc[p] = "come"
    /\ Go(p, IF grant = Revoked THEN "revoke" ELSE "find")
    /\ UNCHANGED <<words, own, accepted>>

\* Looks for the owner.
Find(p) ==
    /\ pc[p] = "find"
    /\ Go(p, IF owned THEN "revoke" ELSE "begin")
    /\ UNCHANGED <<words, own, accepted>>

\* Loads the cursor, to go on from there.
Begin(p) ==
    /\ pc[p] = "begin"
    /\ announced' = IF p = Owner THEN cursor ELSE announced
    /\ Go(p, "take")
    /\ UNCHANGED <<cursor, sealed, owned, grant, limit, closed, consumed, own, accepted>>

\* One of those that come at the same time becomes the owner: the one that is called so.
Take(p) ==
    /\ pc[p] = "take"
    /\ p = Owner \/ owned
    /\ owned' = TRUE
    /\ begins' = IF p = Owner THEN "alone" ELSE begins
    /\ Go(p, IF p = Owner THEN "alone" ELSE "revoke")
    /\ UNCHANGED <<cursor, sealed, grant, announced, limit, closed, consumed, granted, current,
                   room, seen, accepted>>

(* The owner, while it claims alone ****************************************)

\* Stores its claim; or looks first, which is wrong.
Announce ==
    /\ pc[Owner] \in {"alone", "announce"}
    /\ announced + 1 < Events
    /\ IF Protocol = "looks first" /\ pc[Owner] = "alone"
       THEN Go(Owner, "compare") /\ UNCHANGED announced
       ELSE announced' = announced + 1 /\
            Go(Owner, IF Protocol = "looks first" THEN "store" ELSE "compare")
    /\ UNCHANGED <<cursor, sealed, owned, grant, limit, closed, consumed, own, accepted>>

\* Loads the grant.
Compare ==
    LET wanted == IF Protocol = "looks first" THEN announced + 1 ELSE announced IN
    /\ pc[Owner] = "compare"
    /\ Go(Owner, CASE wanted > grant -> "withdraw"
                   [] Protocol = "looks first" -> "announce"
                   [] OTHER -> "store")
    /\ UNCHANGED <<words, own, accepted>>

\* The claim: a plain store.  It would remove a seal.
StoreCursor ==
    /\ pc[Owner] = "store"
    /\ cursor' = announced
    /\ sealed' = FALSE
    /\ accepted' = accepted + 1
    /\ Go(Owner, "alone")
    /\ UNCHANGED <<owned, grant, announced, limit, closed, consumed, own>>

Withdraw ==
    /\ pc[Owner] = "withdraw"
    /\ announced' = IF Protocol = "looks first" THEN announced ELSE announced - 1
    /\ Go(Owner, "load grant")
    /\ UNCHANGED <<cursor, sealed, owned, grant, limit, closed, consumed, own, accepted>>

(* The owner, once its grant is not enough *********************************)

\* The swap that will raise the grant expects this value.  Until it has succeeded, each claim begins
\* here; once the grant is revoked, none does.
LoadGrant ==
    /\ pc[Owner] = "load grant"
    /\ cursor + 1 < Events
    /\ granted' = IF grant = Revoked THEN None ELSE grant
    /\ begins' = IF grant = Revoked THEN "claim" ELSE "load grant"
    /\ Go(Owner, IF grant = Revoked THEN "claim" ELSE "load last")
    /\ UNCHANGED <<words, current, room, seen, accepted>>

\* Loads the cursor.
LoadLast ==
    /\ pc[Owner] = "load last"
    /\ current' = [current EXCEPT ![Owner] = IF sealed THEN Sealed ELSE cursor]
    /\ Go(Owner, "look at limit")
    /\ UNCHANGED <<words, granted, begins, room, seen, accepted>>

\* Loads the limit.
LookAtLimit ==
    /\ pc[Owner] = "look at limit"
    /\ Go(Owner, IF current[Owner] + 1 <= limit THEN "load room" ELSE "measure")
    /\ UNCHANGED <<words, own, accepted>>

\* Loads the limit again, which the closer may have lowered meanwhile.
LoadRoom ==
    /\ pc[Owner] = "load room"
    /\ room' = [room EXCEPT ![Owner] = limit]
    /\ Go(Owner, "raise")
    /\ UNCHANGED <<words, granted, begins, current, seen, accepted>>

\* It is the only thread that raises the grant.
RaiseGrant ==
    /\ pc[Owner] = "raise"
    /\ granted' = None
    /\ IF grant = granted \/ Protocol = "plain grant"
       THEN /\ grant' = room[Owner]
            /\ Go(Owner, "keep last")
            /\ UNCHANGED <<current, room>>
       ELSE /\ Go(Owner, "claim")
            /\ current' = [current EXCEPT ![Owner] = None]
            /\ room' = [room EXCEPT ![Owner] = None]
            /\ UNCHANGED grant
    /\ UNCHANGED <<cursor, sealed, owned, announced, limit, closed, consumed, begins, seen,
                   accepted>>

\* It announces claims from there on.
KeepLast ==
    /\ pc[Owner] = "keep last"
    /\ announced' = current[Owner]
    /\ begins' = "alone"
    /\ Go(Owner, IF current[Owner] + 1 <= room[Owner] THEN "alone" ELSE "claim")
    /\ current' = [current EXCEPT ![Owner] = None]
    /\ room' = [room EXCEPT ![Owner] = None]
    /\ UNCHANGED <<cursor, sealed, owned, grant, limit, closed, consumed, granted, seen, accepted>>

(* A thread that revokes: a newcomer, or the closer ************************)

\* What it does once no claim of the owner is on its way.
Onwards(t) == IF t = Closer THEN "load" ELSE "claim"

Revoke(t) ==
    /\ pc[t] = "revoke"
    /\ grant' = Revoked
    /\ Go(t, IF Protocol = "no wait" THEN Onwards(t) ELSE "find owner")
    /\ UNCHANGED <<cursor, sealed, owned, announced, limit, closed, consumed, own, accepted>>

\* A producer that becomes the owner after this finds its grant revoked.
FindOwner(t) ==
    /\ pc[t] = "find owner"
    /\ Go(t, IF owned THEN "look" ELSE Onwards(t))
    /\ UNCHANGED <<words, own, accepted>>

\* Loads the announcement.
LookAtClaim(t) ==
    /\ pc[t] = "look"
    /\ seen' = [seen EXCEPT ![t] = announced]
    /\ Go(t, "compare cursor")
    /\ UNCHANGED <<words, granted, begins, current, room, accepted>>

\* Loads the cursor.  An owner that was refused has ended: no claim of it is on its way.
LookAtCursor(t) ==
    /\ pc[t] = "compare cursor"
    /\ Go(t, IF ~sealed /\ seen[t] > cursor /\ pc[Owner] # "refused" THEN "look" ELSE Onwards(t))
    /\ seen' = [seen EXCEPT ![t] = None]
    /\ UNCHANGED <<words, granted, begins, current, room, accepted>>

(* Every producer, once no thread claims alone *****************************)

\* Where a thread goes that has claimed, or was refused.
Rest(p) == IF p = Owner THEN begins ELSE "claim"

LoadCursor(p) ==
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ current' = [current EXCEPT ![p] = IF sealed THEN Sealed ELSE cursor]
    /\ Go(p, "limit")
    /\ UNCHANGED <<words, granted, begins, room, seen, accepted>>

LoadLimit(p) ==
    /\ pc[p] = "limit"
    /\ Go(p, IF current[p] + 1 <= limit THEN "swap" ELSE "measure several")
    /\ UNCHANGED <<words, own, accepted>>

Swap(p) ==
    /\ pc[p] = "swap"
    /\ LET done == ~sealed /\ cursor = current[p] IN
        /\ cursor' = IF done THEN cursor + 1 ELSE cursor
        /\ accepted' = IF done THEN accepted + 1 ELSE accepted
        /\ Go(p, IF done THEN Rest(p) ELSE "claim")
    /\ current' = [current EXCEPT ![p] = None]
    /\ room' = [room EXCEPT ![p] = None]
    /\ UNCHANGED <<sealed, owned, grant, announced, limit, closed, consumed, granted, begins, seen>>

(* The look for free capacity **********************************************)

Measure(p) ==
    /\ pc[p] \in {"measure", "measure several"}
    /\ room' = [room EXCEPT ![p] = consumed + Size]
    /\ Go(p, IF pc[p] = "measure" THEN "keep" ELSE "keep several")
    /\ UNCHANGED <<words, granted, begins, current, seen, accepted>>

KeepLimit(p) ==
    /\ pc[p] \in {"keep", "keep several"}
    /\ limit' = room[p]
    /\ Go(p, IF pc[p] = "keep" THEN "check" ELSE "check several")
    /\ UNCHANGED <<cursor, sealed, owned, grant, announced, closed, consumed, own, accepted>>

\* An owner that finds no free capacity for itself claims as every other thread.
CheckClosed(p) ==
    LET found == current[p] + 1 <= room[p]
        alone == pc[p] = "check" IN
    /\ pc[p] \in {"check", "check several"}
    /\ Go(p, CASE closed -> "lower"
               [] found -> (IF alone THEN "load room" ELSE "swap")
               [] OTHER -> (IF alone \/ Waits THEN "claim" ELSE Rest(p)))
    /\ granted' = IF alone /\ (closed \/ ~found) THEN None ELSE granted
    /\ current' = IF closed \/ ~found THEN [current EXCEPT ![p] = None] ELSE current
    /\ room' = [room EXCEPT ![p] = None]
    /\ UNCHANGED <<words, begins, seen, accepted>>

LowerAgain(p) ==
    /\ p \in Producers
    /\ pc[p] = "lower"
    /\ limit' = None
    /\ Go(p, "refused")
    /\ UNCHANGED <<cursor, sealed, owned, grant, announced, closed, consumed, own, accepted>>

(* The consumer ************************************************************)

Consume ==
    /\ consumed < cursor
    /\ consumed' = consumed + 1
    /\ UNCHANGED <<pc, cursor, sealed, owned, grant, announced, limit, closed, own, accepted>>

(* The closer **************************************************************)

Close ==
    /\ MayClose
    /\ pc[Closer] = "open"
    /\ closed' = TRUE
    /\ Go(Closer, "lower")
    /\ UNCHANGED <<cursor, sealed, owned, grant, announced, limit, consumed, own, accepted>>

Lower ==
    /\ pc[Closer] = "lower"
    /\ limit' = None
    /\ Go(Closer, "revoke")
    /\ UNCHANGED <<cursor, sealed, owned, grant, announced, closed, consumed, own, accepted>>

LoadToSeal ==
    /\ pc[Closer] = "load"
    /\ current' = [current EXCEPT ![Closer] = cursor]
    /\ Go(Closer, "seal")
    /\ UNCHANGED <<words, granted, begins, room, seen, accepted>>

Seal ==
    /\ pc[Closer] = "seal"
    /\ sealed' = (cursor = current[Closer])
    /\ Go(Closer, IF cursor = current[Closer] THEN "drain" ELSE "load")
    /\ current' = [current EXCEPT ![Closer] = None]
    /\ UNCHANGED <<cursor, owned, grant, announced, limit, closed, consumed, granted, begins, room,
                   seen, accepted>>

Drain ==
    /\ pc[Closer] = "drain"
    /\ consumed >= cursor
    /\ Go(Closer, "ended")
    /\ UNCHANGED <<words, own, accepted>>

(* All together ************************************************************)

Coming(p) == Come(p) \/ Find(p) \/ Begin(p) \/ Take(p)
OwnerStep ==
    Announce \/ Compare \/ StoreCursor \/ Withdraw \/ LoadGrant \/ LoadLast \/ LookAtLimit \/
    LoadRoom \/ RaiseGrant \/ KeepLast
Revoking(t) == Revoke(t) \/ FindOwner(t) \/ LookAtClaim(t) \/ LookAtCursor(t)
Claiming(p) ==
    LoadCursor(p) \/ LoadLimit(p) \/ Swap(p) \/ Measure(p) \/ KeepLimit(p) \/ CheckClosed(p) \/
    LowerAgain(p)
ProducerStep(p) == Coming(p) \/ Revoking(p) \/ Claiming(p)
CloserStep == Close \/ Lower \/ Revoking(Closer) \/ LoadToSeal \/ Seal \/ Drain

Next ==
    (\E p \in Producers : ProducerStep(p)) \/ OwnerStep \/ Consume \/ CloserStep \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars
FairSpec ==
    /\ Spec
    /\ \A p \in Newcomers : WF_vars(ProducerStep(p))
    /\ WF_vars(ProducerStep(Owner) \/ OwnerStep) /\ WF_vars(Consume) /\ WF_vars(CloserStep)

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..Events-1 /\ consumed \in -1..cursor /\ announced \in -1..Events
    /\ grant \in -1..Events+Size /\ limit \in -1..Events+Size
    /\ closed \in BOOLEAN /\ sealed \in BOOLEAN /\ owned \in BOOLEAN
    /\ begins \in {"alone", "load grant", "claim"}

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
