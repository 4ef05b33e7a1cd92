------------------------------ MODULE Lifecycle ------------------------------
(***************************************************************************)
(* A processor's life: starts, halts, restarts, its death; a producer that *)
(* may be blocked by it; and the shutdown that drains the ring.            *)
(*                                                                         *)
(*   state      IDLE -> RUNNING -> HALTING -> HALTED -> RUNNING ...        *)
(*              IDLE -> HALT_PENDING -> HALTED: a halt before the first run*)
(*   alert      of the processor's barrier; ends its wait                  *)
(*   closed     the ring takes no more claims                              *)
(*                                                                         *)
(* Threads: "run" is the processor's thread; "starter" starts it, again and*)
(* again, though not after the ender has halted it; "halter" halts it once,*)
(* at any time; "producer" publishes, and waits while the ring is full;    *)
(* "ender" shuts down, or just halts.  Every action is one access:         *)
(* processors/processor.py, batch.py, disruptor/lifecycle.py,              *)
(* sequencer/capacity.py.                                                  *)
(*                                                                         *)
(* Not modelled: how the processor waits (see Blocking): it is woken by an *)
(* event or by an alert.  The claim and the publication of an event are one*)
(* step, but for the look at `closed`.                                     *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events the producer wants to publish
    Starts,       \* how often it is started, at most
    MayHalt,      \* whether there is a halter
    MayDie,       \* whether the handler may fail fatally
    Ends          \* "shutdown", "halt" or "nothing"

VARIABLES pc, state, alert, closed, cursor, sequence, starts, died, left

vars == <<pc, state, alert, closed, cursor, sequence, starts, died, left>>

Threads == {"run", "starter", "halter", "producer", "ender"}

Init ==
    /\ pc = [t \in Threads |->
                CASE t = "run" -> "none" [] t = "starter" -> "start" [] t = "halter" -> "halt"
                  [] t = "producer" -> "claim" [] OTHER -> "end"]
    /\ state = "IDLE"
    /\ alert = FALSE
    /\ closed = FALSE
    /\ cursor = -1
    /\ sequence = -1
    /\ starts = 0
    /\ died = FALSE
    /\ left = -1      \* what the shutdown has waited for

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* Starting ****************************************************************)

\* The compare-and-swap that takes the run; then there is a thread.
Start ==
    /\ pc["starter"] = "start"
    /\ starts < Starts
    /\ pc["run"] = "none"
    /\ pc["ender"] \in {"end", "drain"}
    /\ starts' = starts + 1
    /\ CASE state \in {"IDLE", "HALTED"} -> state' = "RUNNING" /\ Go("run", "begin")
         [] state = "HALT_PENDING" -> state' = "HALTED" /\ UNCHANGED pc
         [] OTHER -> UNCHANGED <<state, pc>>      \* refused: it is running
    /\ UNCHANGED <<alert, closed, cursor, sequence, died, left>>

(* Halting *****************************************************************)

Halted == CASE state = "RUNNING" -> "HALTING" [] state = "IDLE" -> "HALT_PENDING" [] OTHER -> state

Halt ==
    /\ MayHalt
    /\ pc["halter"] = "halt"
    /\ state' = Halted
    /\ Go("halter", IF state = "RUNNING" THEN "alert" ELSE "done")
    /\ UNCHANGED <<alert, closed, cursor, sequence, starts, died, left>>

Alert ==
    /\ pc["halter"] = "alert"
    /\ alert' = TRUE
    /\ Go("halter", "done")
    /\ UNCHANGED <<state, closed, cursor, sequence, starts, died, left>>

(* The run *****************************************************************)

\* Loads the state: was it halted before it began?
Begin ==
    /\ pc["run"] = "begin"
    /\ Go("run", IF state = "RUNNING" THEN "wait" ELSE "end")
    /\ UNCHANGED <<state, alert, closed, cursor, sequence, starts, died, left>>

\* Loads the alert, before it looks for events.
Wait ==
    /\ pc["run"] = "wait"
    /\ alert \/ cursor > sequence
    /\ Go("run", IF alert THEN "clear" ELSE "handle")
    /\ UNCHANGED <<state, alert, closed, cursor, sequence, starts, died, left>>

\* An exchange: only then the state is loaded.
ClearAlert ==
    /\ pc["run"] = "clear"
    /\ alert' = FALSE
    /\ Go("run", "begin")
    /\ UNCHANGED <<state, closed, cursor, sequence, starts, died, left>>

Handle ==
    /\ pc["run"] = "handle"
    /\ \/ sequence' = sequence + 1 /\ Go("run", "wait") /\ UNCHANGED died
       \/ MayDie /\ ~died /\ died' = TRUE /\ Go("run", "close") /\ UNCHANGED sequence
    /\ UNCHANGED <<state, alert, closed, cursor, starts, left>>

\* It has died: no producer shall wait for it.
Close ==
    /\ pc["run"] = "close"
    /\ closed' = TRUE
    /\ Go("run", "end")
    /\ UNCHANGED <<state, alert, cursor, sequence, starts, died, left>>

End ==
    /\ pc["run"] = "end"
    /\ state' = "HALTED"
    /\ Go("run", "none")
    /\ UNCHANGED <<alert, closed, cursor, sequence, starts, died, left>>

(* The producer ************************************************************)

\* Without room it looks whether the ring is closed, on every turn.
Claim ==
    /\ pc["producer"] = "claim"
    /\ cursor + 1 < Events
    /\ IF closed
       THEN Go("producer", "refused") /\ UNCHANGED cursor
       ELSE /\ cursor + 1 <= sequence + Size
            /\ cursor' = cursor + 1
            /\ UNCHANGED pc
    /\ UNCHANGED <<state, alert, closed, sequence, starts, died, left>>

(* The end *****************************************************************)

EndCloses ==
    /\ Ends # "nothing"
    /\ pc["ender"] = "end"
    /\ starts > 0
    /\ closed' = TRUE
    /\ Go("ender", IF Ends = "shutdown" THEN "drain" ELSE "halt")
    /\ UNCHANGED <<state, alert, cursor, sequence, starts, died, left>>

\* A processor that runs, or is about to, will handle everything; one that was halted, or died, will not.
GoesOn == state \in {"RUNNING", "IDLE"}

Drain ==
    /\ pc["ender"] = "drain"
    /\ sequence = cursor \/ ~GoesOn
    /\ left' = cursor - sequence
    /\ Go("ender", "halt")
    /\ UNCHANGED <<state, alert, closed, cursor, sequence, starts, died>>

EndHalts ==
    /\ pc["ender"] = "halt"
    /\ state' = Halted
    /\ Go("ender", IF state = "RUNNING" THEN "alert" ELSE "join")
    /\ UNCHANGED <<alert, closed, cursor, sequence, starts, died, left>>

EndAlerts ==
    /\ pc["ender"] = "alert"
    /\ alert' = TRUE
    /\ Go("ender", "join")
    /\ UNCHANGED <<state, closed, cursor, sequence, starts, died, left>>

Join ==
    /\ pc["ender"] = "join"
    /\ state \in {"HALTED", "HALT_PENDING"}
    /\ Go("ender", "done")
    /\ UNCHANGED <<state, alert, closed, cursor, sequence, starts, died, left>>

RunStep == Begin \/ Wait \/ ClearAlert \/ Handle \/ Close \/ End
EnderStep == EndCloses \/ Drain \/ EndHalts \/ EndAlerts \/ Join

Next == Start \/ Halt \/ Alert \/ RunStep \/ Claim \/ EnderStep \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

FairSpec == Spec /\ WF_vars(Start) /\ WF_vars(Alert) /\ WF_vars(RunStep) /\ WF_vars(Claim) /\ WF_vars(EnderStep)

(* What is checked *********************************************************)

TypeOK ==
    /\ state \in {"IDLE", "RUNNING", "HALTING", "HALTED", "HALT_PENDING"}
    /\ sequence \in -1..cursor /\ cursor \in -1..Events-1

NothingIsOverwritten == cursor <= sequence + Size

OneRun == pc["run"] # "none" => state \in {"RUNNING", "HALTING"}

\* A halt that comes before the first run is not forgotten.
EarlyHaltsAreRemembered == pc["halter"] = "done" /\ starts = 0 => state = "HALT_PENDING"

\* A shutdown that nobody has interfered with leaves nothing.
NothingIsLost == pc["ender"] \in {"halt", "alert", "join", "done"} /\ Ends = "shutdown" /\ ~died /\ ~MayHalt => left = 0

\* A halt is honoured, whenever it came; so the processor ends, or was started again afterwards.
EveryHaltIsHonoured == (pc["halter"] = "done" /\ state = "HALTING") ~> (state = "HALTED")

TheEndComes == Ends # "nothing" => [](pc["ender"] # "end" => <>(pc["ender"] = "done"))

\* A producer is told, or gets room, or waits for a processor that was halted and may be started again.
NoProducerIsStuck ==
    (pc["producer"] = "claim" /\ cursor + 1 < Events /\ (died \/ pc["ender"] = "done"))
        ~> (pc["producer"] = "refused" \/ cursor + 1 >= Events)
=============================================================================
