------------------------------ MODULE RingSlots ------------------------------
(***************************************************************************)
(* The slots of a ring, and who is at them.                                *)
(*                                                                         *)
(* A slot holds the number of the event that was written into it last.     *)
(* Reading and writing take time: each begins and ends in steps of its own,*)
(* so that a read and a write of one slot that overlap are seen.           *)
(*                                                                         *)
(* Not modelled: what is inside an event.  Other modules extend this one.  *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANT Size     \* slots in the ring

VARIABLE slots    \* [index |-> [event, writers, readers]]

Index(s) == s % Size

NoEvent == -1

SlotsInit == slots = [i \in 0..Size-1 |-> [event |-> NoEvent, writers |-> {}, readers |-> {}]]

BeginWrite(who, s) == slots' = [slots EXCEPT ![Index(s)].writers = @ \cup {who}]

EndWrite(who, s) == slots' = [slots EXCEPT ![Index(s)] = [@ EXCEPT !.writers = @ \ {who}, !.event = s]]

BeginRead(who, s) == slots' = [slots EXCEPT ![Index(s)].readers = @ \cup {who}]

EndRead(who, s) == slots' = [slots EXCEPT ![Index(s)].readers = @ \ {who}]

Holds(s) == slots[Index(s)].event = s

\* No slot is written while it is read, nor by two at a time.
NoRace ==
    \A i \in 0..Size-1 :
        /\ Cardinality(slots[i].writers) <= 1
        /\ slots[i].writers # {} => slots[i].readers = {}
=============================================================================
