------------------------------ MODULE RingSlots ------------------------------
(***************************************************************************)
(* The slots of a ring, and the threads that use them.                     *)
(*                                                                         *)
(* A slot holds the number of the event that was written into it last.     *)
(*                                                                         *)
(* Reading and writing take time: each begins and ends in steps of its     *)
(* own, so that TLC sees a read and a write of one slot that overlap.      *)
(*                                                                         *)
(* Not modelled: what is inside an event.  Other modules extend this one.  *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANT Size     \* slots in the ring

VARIABLE slots    \* [index |-> [event, writers, readers]]

Index(s) == s % Size

NoEvent == -1

SlotsInit == slots = [i \in 0..Size-1 |-> [event |-> NoEvent, writers |-> {}, readers |-> {}]]

BeginWrite(t, s) == slots' = [slots EXCEPT ![Index(s)].writers = @ \cup {t}]

EndWrite(t, s) == slots' = [slots EXCEPT ![Index(s)] = [@ EXCEPT !.writers = @ \ {t}, !.event = s]]

BeginRead(t, s) == slots' = [slots EXCEPT ![Index(s)].readers = @ \cup {t}]

EndRead(t, s) == slots' = [slots EXCEPT ![Index(s)].readers = @ \ {t}]

Holds(s) == slots[Index(s)].event = s

\* No slot is written while it is read, nor by two at a time.
NoRace ==
    \A i \in 0..Size-1 :
        /\ Cardinality(slots[i].writers) <= 1
        /\ slots[i].writers # {} => slots[i].readers = {}
=============================================================================
