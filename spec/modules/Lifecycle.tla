------------------------------ MODULE Lifecycle ------------------------------
(***************************************************************************)
(* A processor's life: starts, halts, restarts, its death; a producer that *)
(* may be blocked by it; and the shutdown that drains the ring.            *)
(*                                                                         *)
(*   state      IDLE -> RUNNING -> HALTING -> HALTED -> RUNNING ...        *)
(*              IDLE -> HALT_PENDING -> HALTED: a halt before the first run*)
(*   alert      of the processor's barrier; ends its wait                  *)
(*   closed     the ring takes no more claims                              *)
(*   limit      up to where a claim needs no look at anything else         *)
(*   cursor     the last claim, of a ring for several producers            *)
(*   sealed     the seal on the cursor: no claim succeeds any more         *)
(*   published  up to where the flags of the slots say so                  *)
(*                                                                         *)
(* Threads: "run" is the processor's thread.  "starter" starts it again    *)
(* and again, but not after the ender has halted it.  "halter" halts it    *)
(* once, at any time.  "producer" publishes, and looks again while the     *)
(* ring is full.  "ender" shuts down, or just halts.  Every action is one  *)
(* access: processors/processor.py, batch.py, barrier.py,                  *)
(* disruptor/lifecycle.py, sequencer/ring_state.py.  A compare-and-swap    *)
(* stands for its loop: the loads before it, and a swap that is lost,      *)
(* change nothing.                                                         *)
(*                                                                         *)
(* The closer seals the cursor after it has closed the ring                *)
(* (sequencer/seal.py).  A claim that found free capacity before then      *)
(* loses its swap.  Closing models the seal with several producers, and    *)
(* with a single one.                                                      *)
(*                                                                         *)
(* Not modelled: how the processor sleeps (see Blocking).  Here it looks   *)
(* again and again.                                                        *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events the producer wants to publish
    Starts,       \* how often it is started, at most
    MayHalt,      \* whether there is a halter
    MayDie,       \* whether the handler may fail fatally
    Ends          \* "shutdown", "halt" or "nothing"

VARIABLES
    pc, state, alert, closed, limit, cursor, sealed, published, sequence,
    room,         \* the producer's: up to where it found free capacity
    target,       \* the ender's: how far the processor must come
    starts, died

vars == <<pc, state, alert, closed, limit, cursor, sealed, published, sequence, room, target,
          starts, died>>
life == <<state, alert, starts, died>>
ring == <<closed, limit, cursor, sealed, published, sequence>>
own == <<room, target>>

Threads == {"run", "starter", "halter", "producer", "ender"}

\* An unknown sequence, and the limit of a closed ring: below every sequence.
None == -1

Init ==
    /\ pc = [t \in Threads |->
                CASE t = "run" -> "none" [] t = "starter" -> "start" [] t = "halter" -> "halt"
                  [] t = "producer" -> "claim" [] OTHER -> "end"]
    /\ state = "IDLE"
    /\ alert = FALSE
    /\ closed = FALSE
    /\ limit = Size - 1
    /\ cursor = -1
    /\ sealed = FALSE
    /\ published = -1
    /\ sequence = -1
    /\ room = None
    /\ target = None
    /\ starts = 0
    /\ died = FALSE

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

\* The ender has drained the ring.  No start may follow.
Ended == {"halt", "alert", "join", "done"}

(* Starting ****************************************************************)

\* The compare-and-swap that takes the run; then there is a thread.  A running processor refuses it,
\* which changes nothing.
Start ==
    /\ pc["starter"] = "start"
    /\ starts < Starts
    /\ pc["ender"] \notin Ended
    /\ starts' = starts + 1
    /\ \/ state \in {"IDLE", "HALTED"} /\ state' = "RUNNING" /\ Go("run", "begin")
       \/ state = "HALT_PENDING" /\ state' = "HALTED" /\ UNCHANGED pc
    /\ UNCHANGED <<alert, died, ring, own>>

(* Halting *****************************************************************)

Halted == CASE state = "RUNNING" -> "HALTING" [] state = "IDLE" -> "HALT_PENDING" [] OTHER -> state

Halt ==
    /\ MayHalt
    /\ pc["halter"] = "halt"
    /\ state' = Halted
    /\ Go("halter", IF state = "RUNNING" THEN "alert" ELSE "done")
    /\ UNCHANGED <<alert, starts, died, ring, own>>

Alert ==
    /\ pc["halter"] = "alert"
    /\ alert' = TRUE
    /\ Go("halter", "done")
    /\ UNCHANGED <<state, starts, died, ring, own>>

(* The run *****************************************************************)

\* Loads the state: was it halted before it began?
Begin ==
    /\ pc["run"] = "begin"
    /\ Go("run", IF state = "RUNNING" THEN "enter" ELSE "end")
    /\ UNCHANGED <<life, ring, own>>

\* Loads the alert: before it looks, and after each look without result, except the first.
CheckAlert ==
    /\ pc["run"] \in {"enter", "check"}
    /\ Go("run", CASE alert -> "clear" [] pc["run"] = "enter" -> "look" [] OTHER -> "look again")
    /\ UNCHANGED <<life, ring, own>>

Missed == IF pc["run"] \in {"look", "search"} THEN "look again" ELSE "check"

\* Loads the cursor, behind which nothing can be published.
Look ==
    /\ pc["run"] \in {"look", "look again"}
    /\ Go("run", CASE cursor = sequence -> Missed
                   [] pc["run"] = "look" -> "search"
                   [] OTHER -> "search again")
    /\ UNCHANGED <<life, ring, own>>

\* Loads the flag of the next event's slot.
Search ==
    /\ pc["run"] \in {"search", "search again"}
    /\ Go("run", IF published > sequence THEN "handle" ELSE Missed)
    /\ UNCHANGED <<life, ring, own>>

\* An exchange: only then the state is loaded.
ClearAlert ==
    /\ pc["run"] = "clear"
    /\ alert' = FALSE
    /\ Go("run", "begin")
    /\ UNCHANGED <<state, starts, died, ring, own>>

Handle ==
    /\ pc["run"] = "handle"
    /\ sequence' = sequence + 1
    /\ Go("run", "enter")
    /\ UNCHANGED <<life, closed, limit, cursor, sealed, published, own>>

Die ==
    /\ pc["run"] = "handle"
    /\ MayDie
    /\ ~died
    /\ died' = TRUE
    /\ Go("run", "close")
    /\ UNCHANGED <<state, alert, starts, ring, own>>

\* It has died: no producer may wait for it.
Close ==
    /\ pc["run"] = "close"
    /\ closed' = TRUE
    /\ Go("run", "lower")
    /\ UNCHANGED <<life, limit, cursor, sealed, published, sequence, own>>

Lower ==
    /\ pc["run"] = "lower"
    /\ limit' = None
    /\ Go("run", "seal")
    /\ UNCHANGED <<life, closed, cursor, sealed, published, sequence, own>>

\* The compare-and-swap that seals the cursor; or the look that finds it sealed.
Seal ==
    /\ pc["run"] = "seal"
    /\ sealed' = TRUE
    /\ Go("run", "end")
    /\ UNCHANGED <<life, closed, limit, cursor, published, sequence, own>>

End ==
    /\ pc["run"] = "end"
    /\ state' = "HALTED"
    /\ Go("run", "none")
    /\ UNCHANGED <<alert, starts, died, ring, own>>

(* The producer ************************************************************)

\* Loads the limit.
Claim ==
    /\ pc["producer"] = "claim"
    /\ cursor + 1 < Events
    /\ Go("producer", IF cursor + 1 <= limit THEN "swap" ELSE "measure")
    /\ UNCHANGED <<life, ring, own>>

\* Loads the processor's sequence.
Measure ==
    /\ pc["producer"] = "measure"
    /\ room' = sequence + Size
    /\ Go("producer", "keep")
    /\ UNCHANGED <<life, ring, target>>

KeepLimit ==
    /\ pc["producer"] = "keep"
    /\ limit' = room
    /\ Go("producer", "check")
    /\ UNCHANGED <<life, closed, cursor, sealed, published, sequence, own>>

\* Loads whether the ring is closed, each time that it knows of no free capacity.
CheckClosed ==
    /\ pc["producer"] = "check"
    /\ room' = None
    /\ IF closed
       THEN Go("producer", "withdraw")
       ELSE Go("producer", IF cursor + 1 <= room THEN "swap" ELSE "claim")
    /\ UNCHANGED <<life, ring, target>>

\* The limit that it stored may have replaced the limit of the closed ring.
Withdraw ==
    /\ pc["producer"] = "withdraw"
    /\ limit' = None
    /\ Go("producer", "refused")
    /\ UNCHANGED <<life, closed, cursor, sealed, published, sequence, own>>

\* It fails if the cursor is sealed.
Swap ==
    /\ pc["producer"] = "swap"
    /\ cursor' = IF sealed THEN cursor ELSE cursor + 1
    /\ Go("producer", IF sealed THEN "claim" ELSE "publish")
    /\ UNCHANGED <<life, closed, limit, sealed, published, sequence, own>>

Publish ==
    /\ pc["producer"] = "publish"
    /\ published' = cursor
    /\ Go("producer", "claim")
    /\ UNCHANGED <<life, closed, limit, cursor, sealed, sequence, own>>

(* The end *****************************************************************)

\* A shutdown closes the ring, drains it, and halts; a halt closes it too.
EndCloses ==
    /\ Ends # "nothing"
    /\ pc["ender"] \in {"end", "close"}
    /\ starts > 0
    /\ closed' = TRUE
    /\ Go("ender", IF pc["ender"] = "end" THEN "lower" ELSE "lower again")
    /\ UNCHANGED <<life, limit, cursor, sealed, published, sequence, own>>

EndLowers ==
    /\ pc["ender"] \in {"lower", "lower again"}
    /\ limit' = None
    /\ Go("ender", IF pc["ender"] = "lower" THEN "seal" ELSE "seal again")
    /\ UNCHANGED <<life, closed, cursor, sealed, published, sequence, own>>

EndSeals ==
    /\ pc["ender"] \in {"seal", "seal again"}
    /\ sealed' = TRUE
    /\ Go("ender", IF pc["ender"] = "seal" /\ Ends = "shutdown" THEN "aim" ELSE "halt")
    /\ UNCHANGED <<life, closed, limit, cursor, published, sequence, own>>

\* Loads the cursor: what is claimed will be published, and nothing more will be claimed.
Aim ==
    /\ pc["ender"] = "aim"
    /\ target' = cursor
    /\ Go("ender", "drain")
    /\ UNCHANGED <<life, ring, room>>

\* A processor that runs, or will run, handles everything.  A processor that was halted, or died,
\* does not.
GoesOn == state \in {"RUNNING", "IDLE"}

\* Loads the state.
Drain ==
    /\ pc["ender"] = "drain"
    /\ target' = IF GoesOn THEN target ELSE None
    /\ Go("ender", IF GoesOn THEN "compare" ELSE "close")
    /\ UNCHANGED <<life, ring, room>>

\* Loads the processor's sequence.
Compare ==
    /\ pc["ender"] = "compare"
    /\ target' = None
    /\ Go("ender", IF sequence < target THEN "aim" ELSE "close")
    /\ UNCHANGED <<life, ring, room>>

EndHalts ==
    /\ pc["ender"] = "halt"
    /\ state' = Halted
    /\ Go("ender", IF state = "RUNNING" THEN "alert" ELSE "join")
    /\ UNCHANGED <<alert, starts, died, ring, own>>

EndAlerts ==
    /\ pc["ender"] = "alert"
    /\ alert' = TRUE
    /\ Go("ender", "join")
    /\ UNCHANGED <<state, starts, died, ring, own>>

Join ==
    /\ pc["ender"] = "join"
    /\ state \in {"HALTED", "HALT_PENDING"}
    /\ Go("ender", "done")
    /\ UNCHANGED <<life, ring, own>>

RunStep ==
    \/ Begin \/ CheckAlert \/ Look \/ Search \/ ClearAlert \/ Handle \/ Die \/ Close \/ Lower
    \/ Seal \/ End
ProducerStep == Claim \/ Measure \/ KeepLimit \/ CheckClosed \/ Withdraw \/ Swap \/ Publish
EnderStep ==
    \/ EndCloses \/ EndLowers \/ EndSeals \/ Aim \/ Drain \/ Compare \/ EndHalts \/ EndAlerts
    \/ Join

Next == Start \/ Halt \/ Alert \/ RunStep \/ ProducerStep \/ EnderStep \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

FairSpec ==
    /\ Spec
    /\ WF_vars(Start) /\ WF_vars(Alert)
    /\ WF_vars(RunStep) /\ WF_vars(ProducerStep) /\ WF_vars(EnderStep)

(* What is checked *********************************************************)

TypeOK ==
    /\ state \in {"IDLE", "RUNNING", "HALTING", "HALTED", "HALT_PENDING"}
    /\ sequence \in -1..published /\ published \in -1..cursor /\ cursor \in -1..Events-1
    /\ limit \in -1..sequence + Size /\ room \in -1..sequence + Size

NothingIsOverwritten == cursor <= sequence + Size

OneRun == (pc["run"] # "none") <=> (state \in {"RUNNING", "HALTING"})

\* A halt that comes before the first run is not forgotten.
EarlyHaltsAreRemembered == pc["halter"] = "done" /\ starts = 0 => state = "HALT_PENDING"

\* A shutdown without a halt or a death handles every accepted event, also those that are accepted
\* meanwhile.
NothingIsLost ==
    pc["ender"] \in Ended /\ Ends = "shutdown" /\ ~died /\ ~MayHalt => sequence = cursor

\* If consumers were halted, or died, the remaining events are known: no later event is accepted.
WhatIsLeftIsKnown == [][sealed => cursor' = cursor]_vars
EndedIsSealed == pc["ender"] \in Ended => sealed

\* A halt takes effect whenever it comes: the processor ends, or was started again afterwards.
EveryHaltIsHonoured == (pc["halter"] = "done" /\ state = "HALTING") ~> (state = "HALTED")

TheEndComes == Ends # "nothing" => [](pc["ender"] # "end" => <>(pc["ender"] = "done"))

\* A producer is refused, or gets free capacity, or waits for a processor that was halted and may be
\* started again.
NoProducerIsStuck ==
    (pc["producer"] = "claim" /\ cursor + 1 < Events /\ (died \/ pc["ender"] = "done"))
        ~> (pc["producer"] = "refused" \/ cursor + 1 >= Events)
=============================================================================
