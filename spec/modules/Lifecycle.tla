------------------------------ MODULE Lifecycle ------------------------------
(***************************************************************************)
(* The life of the consumers of a ring: starts, halts, restarts, deaths;   *)
(* producers that may be blocked by them; and the shutdown that drains the *)
(* ring.                                                                   *)
(*                                                                         *)
(*   state      IDLE -> RUNNING -> HALTING -> HALTED -> RUNNING ...        *)
(*              IDLE -> HALT_PENDING -> HALTED: a halt before the first run*)
(*   alert      of the consumer's barrier; ends its wait                   *)
(*   closed     the ring takes no more claims                              *)
(*   limit      up to where a claim needs no look at anything else         *)
(*   cursor     the last claim, of a ring for several producers            *)
(*   sealed     the seal on the cursor: no claim succeeds any more         *)
(*   published  the sequences whose flags say so                           *)
(*   skipped    the sequences that no handler is shown                     *)
(*                                                                         *)
(* Threads: each consumer has a thread for its runs.  A starter starts     *)
(* consumers again and again, but not after the ender has begun to halt    *)
(* them.  Each halter halts one of them once, at any time.  A producer     *)
(* publishes, and looks again while the ring is full.  The ender shuts     *)
(* down, or just halts.  Every action is one access: processors/           *)
(* processor.py, batch.py, barrier.py, disruptor/lifecycle.py, drain.py,   *)
(* sequencer/ring_state.py.  A compare-and-swap stands for its loop: the   *)
(* loads before it, and a swap that is lost, change nothing.               *)
(*                                                                         *)
(* A claim loads the cursor and the limit in one action.  If its swap      *)
(* succeeds, the cursor was the same all the while.  If the cursor changed *)
(* between the two loads, the swap is lost: as if both came later.         *)
(*                                                                         *)
(* The closer seals the cursor after it has closed the ring                *)
(* (sequencer/seal.py).  A claim that found free capacity before then      *)
(* loses its swap.  Closing models the seal with each load on its own, and *)
(* the close of a ring for a single producer.                              *)
(*                                                                         *)
(* Not modelled: how a consumer sleeps (see Blocking; here it looks again  *)
(* and again); dependencies between consumers (see MultiProducer).         *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events are claimed, at most
    Producers,    \* the producers
    Consumers,    \* the consumers, each with its own thread
    Halters,      \* the threads that halt a consumer, once
    Starts,       \* how often each consumer is started, at most
    MayDie,       \* whether the handler of each consumer may fail fatally, once
    MaySkip,      \* whether a producer may skip what it has claimed
    Ends          \* "shutdown", "halt" or "nothing"

VARIABLES
    pc, state, alert, closed, limit, cursor, sealed, published, skipped, sequence,
    handled,      \* [consumer |-> the sequences that its handler was shown]; no thread looks at it
    claim,        \* each producer's: the cursor as it was loaded; then the sequence it has claimed
    room,         \* each producer's: up to where it found free capacity
    toLook,       \* each producer's and the ender's: the consumers that it has yet to look at
    chosen,       \* each halter's and the ender's: the consumer that it looks at, or halts
    target,       \* the ender's: how far the consumers must come
    starts, died

vars == <<pc, state, alert, closed, limit, cursor, sealed, published, skipped, sequence, handled,
          claim, room, toLook, chosen, target, starts, died>>
life == <<state, alert, starts, died>>
claims == <<closed, limit, cursor, sealed>>
events == <<published, skipped, sequence, handled>>
own == <<claim, room, toLook, chosen, target>>

Ender == "ender"
Threads == Consumers \cup Producers \cup Halters \cup {Ender}

\* An unknown sequence, and the limit of a closed ring: below every sequence.
None == -1
NoConsumer == "no consumer"
NoSequences == 0..-1

Init ==
    /\ pc = [t \in Threads |->
                CASE t \in Consumers -> "none" [] t \in Producers -> "claim"
                  [] t \in Halters -> "halt" [] OTHER -> "end"]
    /\ state = [c \in Consumers |-> "IDLE"]
    /\ alert = [c \in Consumers |-> FALSE]
    /\ closed = FALSE
    /\ limit = Size - 1
    /\ cursor = -1
    /\ sealed = FALSE
    /\ published = NoSequences
    /\ skipped = NoSequences
    /\ sequence = [c \in Consumers |-> -1]
    /\ handled = [c \in Consumers |-> NoSequences]
    /\ claim = [p \in Producers |-> None]
    /\ room = [p \in Producers |-> None]
    /\ toLook = [t \in Producers \cup {Ender} |-> {}]
    /\ chosen = [t \in Halters \cup {Ender} |-> NoConsumer]
    /\ target = None
    /\ starts = [c \in Consumers |-> 0]
    /\ died = [c \in Consumers |-> FALSE]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

Min(a, b) == IF a < b THEN a ELSE b

\* The ender has drained the ring.  No start may follow.
Ended == {"halt", "alert", "join", "done"}

(* Starting ****************************************************************)

\* The compare-and-swap that takes the run; then there is a thread.  A running consumer refuses it,
\* which changes nothing.
Start(c) ==
    /\ starts[c] < Starts
    /\ pc[Ender] \notin Ended
    /\ starts' = [starts EXCEPT ![c] = @ + 1]
    /\ IF state[c] = "HALT_PENDING"
       THEN state' = [state EXCEPT ![c] = "HALTED"] /\ UNCHANGED pc
       ELSE /\ state[c] \in {"IDLE", "HALTED"}
            /\ state' = [state EXCEPT ![c] = "RUNNING"]
            /\ Go(c, "begin")
    /\ UNCHANGED <<alert, died, claims, events, own>>

(* Halting *****************************************************************)

Halted(c) ==
    CASE state[c] = "RUNNING" -> "HALTING" [] state[c] = "IDLE" -> "HALT_PENDING"
      [] OTHER -> state[c]

Halt(h, c) ==
    /\ pc[h] = "halt"
    /\ state' = [state EXCEPT ![c] = Halted(c)]
    /\ chosen' = [chosen EXCEPT ![h] = c]
    /\ Go(h, IF state[c] = "RUNNING" THEN "alert" ELSE "done")
    /\ UNCHANGED <<alert, starts, died, claims, events, claim, room, toLook, target>>

Alert(h) ==
    /\ pc[h] = "alert"
    /\ alert' = [alert EXCEPT ![chosen[h]] = TRUE]
    /\ Go(h, "done")
    /\ UNCHANGED <<state, starts, died, claims, events, own>>

(* A run of a consumer *****************************************************)

\* Loads the state: was it halted before it began?
Begin(c) ==
    /\ pc[c] = "begin"
    /\ Go(c, IF state[c] = "RUNNING" THEN "enter" ELSE "end")
    /\ UNCHANGED <<life, claims, events, own>>

\* Loads the alert: before it looks, and after each look without result, except the first.
CheckAlert(c) ==
    /\ pc[c] \in {"enter", "check"}
    /\ Go(c, CASE alert[c] -> "clear" [] pc[c] = "enter" -> "look" [] OTHER -> "look again")
    /\ UNCHANGED <<life, claims, events, own>>

Missed(c) == IF pc[c] \in {"look", "search"} THEN "look again" ELSE "check"

\* Loads the cursor, behind which nothing can be published.
Look(c) ==
    /\ pc[c] \in {"look", "look again"}
    /\ Go(c, CASE cursor = sequence[c] -> Missed(c)
               [] pc[c] = "look" -> "search"
               [] OTHER -> "search again")
    /\ UNCHANGED <<life, claims, events, own>>

\* Loads the flag of the next event's slot.
Search(c) ==
    /\ pc[c] \in {"search", "search again"}
    /\ Go(c, IF sequence[c] + 1 \in published THEN "handle" ELSE Missed(c))
    /\ UNCHANGED <<life, claims, events, own>>

\* An exchange: only then the state is loaded.
ClearAlert(c) ==
    /\ pc[c] = "clear"
    /\ alert' = [alert EXCEPT ![c] = FALSE]
    /\ Go(c, "begin")
    /\ UNCHANGED <<state, starts, died, claims, events, own>>

\* Its handler is not shown what is skipped.
Handle(c) ==
    /\ pc[c] = "handle"
    /\ handled' = IF sequence[c] + 1 \in skipped THEN handled
                  ELSE [handled EXCEPT ![c] = @ \cup {sequence[c] + 1}]
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ Go(c, "enter")
    /\ UNCHANGED <<life, claims, published, skipped, own>>

Die(c) ==
    /\ pc[c] = "handle"
    /\ MayDie
    /\ ~died[c]
    /\ sequence[c] + 1 \notin skipped
    /\ died' = [died EXCEPT ![c] = TRUE]
    /\ Go(c, "close")
    /\ UNCHANGED <<state, alert, starts, claims, events, own>>

\* It has died: no producer may wait for it.
Close(c) ==
    /\ pc[c] = "close"
    /\ closed' = TRUE
    /\ Go(c, "lower")
    /\ UNCHANGED <<life, limit, cursor, sealed, events, own>>

Lower(c) ==
    /\ pc[c] = "lower"
    /\ limit' = None
    /\ Go(c, "seal")
    /\ UNCHANGED <<life, closed, cursor, sealed, events, own>>

\* The compare-and-swap that seals the cursor; or the look that finds it sealed.
Seal(c) ==
    /\ pc[c] = "seal"
    /\ sealed' = TRUE
    /\ Go(c, "end")
    /\ UNCHANGED <<life, closed, limit, cursor, events, own>>

End(c) ==
    /\ pc[c] = "end"
    /\ state' = [state EXCEPT ![c] = "HALTED"]
    /\ Go(c, "none")
    /\ UNCHANGED <<alert, starts, died, claims, events, own>>

(* A producer **************************************************************)

\* Loads the cursor and the limit.  A sealed cursor is beyond every limit.
Claim(p) ==
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ claim' = [claim EXCEPT ![p] = cursor]
    /\ IF ~sealed /\ cursor + 1 <= limit
       THEN Go(p, "swap") /\ UNCHANGED <<room, toLook>>
       ELSE /\ Go(p, "measure")
            /\ room' = [room EXCEPT ![p] = cursor + Size]
            /\ toLook' = [toLook EXCEPT ![p] = Consumers]
    /\ UNCHANGED <<life, claims, events, chosen, target>>

\* Loads a consumer's sequence.
Measure(p, c) ==
    /\ pc[p] = "measure"
    /\ c \in toLook[p]
    /\ room' = [room EXCEPT ![p] = Min(@, sequence[c] + Size)]
    /\ toLook' = [toLook EXCEPT ![p] = @ \ {c}]
    /\ Go(p, IF toLook[p] = {c} THEN "keep" ELSE "measure")
    /\ UNCHANGED <<life, claims, events, claim, chosen, target>>

KeepLimit(p) ==
    /\ pc[p] = "keep"
    /\ limit' = room[p]
    /\ Go(p, "check")
    /\ UNCHANGED <<life, closed, cursor, sealed, events, own>>

\* Loads whether the ring is closed, each time that it knows of no free capacity.
CheckClosed(p) ==
    /\ pc[p] = "check"
    /\ room' = [room EXCEPT ![p] = None]
    /\ IF closed
       THEN Go(p, "withdraw")
       ELSE Go(p, IF claim[p] + 1 <= room[p] THEN "swap" ELSE "claim")
    /\ claim' = IF ~closed /\ claim[p] + 1 <= room[p] THEN claim ELSE [claim EXCEPT ![p] = None]
    /\ UNCHANGED <<life, claims, events, toLook, chosen, target>>

\* The limit that it stored may have replaced the limit of the closed ring.
Withdraw(p) ==
    /\ pc[p] = "withdraw"
    /\ limit' = None
    /\ Go(p, "refused")
    /\ UNCHANGED <<life, closed, cursor, sealed, events, own>>

\* It fails if the cursor is sealed, or another producer has moved it.
Swap(p) ==
    /\ pc[p] = "swap"
    /\ IF sealed \/ cursor # claim[p]
       THEN Go(p, "claim") /\ claim' = [claim EXCEPT ![p] = None] /\ UNCHANGED cursor
       ELSE Go(p, "publish") /\ claim' = [claim EXCEPT ![p] = @ + 1] /\ cursor' = cursor + 1
    /\ UNCHANGED <<life, closed, limit, sealed, events, room, toLook, chosen, target>>

\* What could not be filled is skipped.  That is noted before the flag is stored.
Skip(p) ==
    /\ pc[p] = "publish"
    /\ MaySkip
    /\ skipped' = skipped \cup {claim[p]}
    /\ Go(p, "publish skipped")
    /\ UNCHANGED <<life, claims, published, sequence, handled, own>>

Publish(p) ==
    /\ pc[p] \in {"publish", "publish skipped"}
    /\ published' = published \cup {claim[p]}
    /\ claim' = [claim EXCEPT ![p] = None]
    /\ Go(p, "claim")
    /\ UNCHANGED <<life, claims, skipped, sequence, handled, room, toLook, chosen, target>>

(* The end *****************************************************************)

\* A shutdown closes the ring, drains it, and halts; a halt closes it too.
EndCloses ==
    /\ Ends # "nothing"
    /\ pc[Ender] \in {"end", "close"}
    /\ \E c \in Consumers : starts[c] > 0
    /\ closed' = TRUE
    /\ Go(Ender, IF pc[Ender] = "end" THEN "lower" ELSE "lower again")
    /\ UNCHANGED <<life, limit, cursor, sealed, events, own>>

EndLowers ==
    /\ pc[Ender] \in {"lower", "lower again"}
    /\ limit' = None
    /\ Go(Ender, IF pc[Ender] = "lower" THEN "seal" ELSE "seal again")
    /\ UNCHANGED <<life, closed, cursor, sealed, events, own>>

\* It halts each consumer next, unless it drains the ring first.
EndSeals ==
    /\ pc[Ender] \in {"seal", "seal again"}
    /\ sealed' = TRUE
    /\ IF pc[Ender] = "seal" /\ Ends = "shutdown"
       THEN Go(Ender, "aim") /\ UNCHANGED toLook
       ELSE Go(Ender, "halt") /\ toLook' = [toLook EXCEPT ![Ender] = Consumers]
    /\ UNCHANGED <<life, closed, limit, cursor, events, claim, room, chosen, target>>

\* Loads the cursor: what is claimed will be published, and nothing more will be claimed.
Aim ==
    /\ pc[Ender] = "aim"
    /\ target' = cursor
    /\ toLook' = [toLook EXCEPT ![Ender] = Consumers]
    /\ Go(Ender, "drain")
    /\ UNCHANGED <<life, claims, events, claim, room, chosen>>

\* A consumer that runs, or will run, handles everything.  One that was halted, or died, does not.
GoesOn(c) == state[c] \in {"RUNNING", "IDLE"}

\* It has looked at a consumer, and need not do so again before the ring is drained.
IsDone(c) ==
    /\ toLook' = [toLook EXCEPT ![Ender] = @ \ {c}]
    /\ target' = IF toLook[Ender] = {c} THEN None ELSE target
    /\ Go(Ender, IF toLook[Ender] = {c} THEN "close" ELSE "drain")

\* Loads a consumer's state.
Drain(c) ==
    /\ pc[Ender] = "drain"
    /\ c \in toLook[Ender]
    /\ IF GoesOn(c)
       THEN /\ Go(Ender, "compare")
            /\ chosen' = [chosen EXCEPT ![Ender] = c]
            /\ UNCHANGED <<toLook, target>>
       ELSE IsDone(c) /\ UNCHANGED chosen
    /\ UNCHANGED <<life, claims, events, claim, room>>

\* Loads its sequence.  If that has not come far enough, the ender looks at all of them again.
Compare(c) ==
    /\ pc[Ender] = "compare"
    /\ c = chosen[Ender]
    /\ chosen' = [chosen EXCEPT ![Ender] = NoConsumer]
    /\ IF sequence[c] < target
       THEN Go(Ender, "aim") /\ toLook' = [toLook EXCEPT ![Ender] = {}] /\ target' = None
       ELSE IsDone(c)
    /\ UNCHANGED <<life, claims, events, claim, room>>

\* It has halted a consumer, or seen it stop.
IsNext(c, again, to) ==
    LET isLast == toLook[Ender] = {c} IN
    /\ toLook' = [toLook EXCEPT ![Ender] = IF isLast /\ to = "join" THEN Consumers ELSE @ \ {c}]
    /\ Go(Ender, IF isLast THEN to ELSE again)

EndHalts(c) ==
    /\ pc[Ender] = "halt"
    /\ c \in toLook[Ender]
    /\ state' = [state EXCEPT ![c] = Halted(c)]
    /\ IF state[c] = "RUNNING"
       THEN Go(Ender, "alert") /\ chosen' = [chosen EXCEPT ![Ender] = c] /\ UNCHANGED toLook
       ELSE IsNext(c, "halt", "join") /\ UNCHANGED chosen
    /\ UNCHANGED <<alert, starts, died, claims, events, claim, room, target>>

EndAlerts(c) ==
    /\ pc[Ender] = "alert"
    /\ c = chosen[Ender]
    /\ alert' = [alert EXCEPT ![c] = TRUE]
    /\ chosen' = [chosen EXCEPT ![Ender] = NoConsumer]
    /\ IsNext(c, "halt", "join")
    /\ UNCHANGED <<state, starts, died, claims, events, claim, room, target>>

Join(c) ==
    /\ pc[Ender] = "join"
    /\ c \in toLook[Ender]
    /\ state[c] \in {"HALTED", "HALT_PENDING"}
    /\ IsNext(c, "join", "done")
    /\ UNCHANGED <<life, claims, events, claim, room, chosen, target>>

RunStep(c) ==
    \/ Begin(c) \/ CheckAlert(c) \/ Look(c) \/ Search(c) \/ ClearAlert(c) \/ Handle(c) \/ Die(c)
    \/ Close(c) \/ Lower(c) \/ Seal(c) \/ End(c)
ProducerStep(p) ==
    \/ Claim(p) \/ (\E c \in Consumers : Measure(p, c)) \/ KeepLimit(p) \/ CheckClosed(p)
    \/ Withdraw(p) \/ Swap(p) \/ Skip(p) \/ Publish(p)
EnderStep ==
    \/ EndCloses \/ EndLowers \/ EndSeals \/ Aim
    \/ \E c \in Consumers : Drain(c) \/ Compare(c) \/ EndHalts(c) \/ EndAlerts(c) \/ Join(c)

Next ==
    \/ \E c \in Consumers : Start(c) \/ RunStep(c)
    \/ \E h \in Halters : Alert(h) \/ \E c \in Consumers : Halt(h, c)
    \/ \E p \in Producers : ProducerStep(p)
    \/ EnderStep
    \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

FairSpec ==
    /\ Spec
    /\ \A c \in Consumers : WF_vars(Start(c)) /\ WF_vars(RunStep(c))
    /\ \A h \in Halters : WF_vars(Alert(h))
    /\ \A p \in Producers : WF_vars(ProducerStep(p))
    /\ WF_vars(EnderStep)

(* What is checked *********************************************************)

TypeOK ==
    /\ \A c \in Consumers :
        /\ state[c] \in {"IDLE", "RUNNING", "HALTING", "HALTED", "HALT_PENDING"}
        /\ sequence[c] \in -1..cursor
        /\ limit \in -1..sequence[c] + Size
        /\ \A p \in Producers : c \in toLook[p] \/ room[p] \in -1..sequence[c] + Size
    /\ cursor \in -1..Events-1
    /\ published \subseteq 0..cursor

NothingIsOverwritten == \A c \in Consumers : cursor <= sequence[c] + Size

OneRun == \A c \in Consumers : (pc[c] # "none") <=> (state[c] \in {"RUNNING", "HALTING"})

\* A halt that comes before the first run is not forgotten.
EarlyHaltsAreRemembered ==
    \A h \in Halters : \A c \in Consumers :
        pc[h] = "done" /\ chosen[h] = c /\ starts[c] = 0 => state[c] = "HALT_PENDING"

\* A consumer has gone past what is published only; its handler was shown what is not skipped.
PublishedIsHandled ==
    \A c \in Consumers : \A s \in 0..Events-1 :
        /\ s <= sequence[c] => s \in published
        /\ s \in handled[c] <=> s <= sequence[c] /\ s \notin skipped

WasHalted(c) == \E h \in Halters : chosen[h] = c

\* After a shutdown, each consumer that was not halted and did not die has handled every accepted
\* event, also those that were accepted meanwhile.
NothingIsLost ==
    pc[Ender] \in Ended /\ Ends = "shutdown" =>
        \A c \in Consumers : died[c] \/ WasHalted(c) \/ sequence[c] = cursor

\* If consumers were halted, or died, the remaining events are known: no later event is accepted.
WhatIsLeftIsKnown == [][sealed => cursor' = cursor]_vars
EndedIsSealed == pc[Ender] \in Ended => sealed

\* A halt takes effect whenever it comes: the run ends, or was started again afterwards.
EveryHaltIsHonoured ==
    \A h \in Halters : \A c \in Consumers :
        (pc[h] = "done" /\ chosen[h] = c /\ state[c] = "HALTING") ~> (state[c] = "HALTED")

TheEndComes == Ends # "nothing" => [](pc[Ender] # "end" => <>(pc[Ender] = "done"))

\* A producer is refused, or gets free capacity, or waits for a consumer that was halted and may be
\* started again.
NoProducerIsStuck ==
    \A p \in Producers :
        (pc[p] = "claim" /\ cursor + 1 < Events /\
            (pc[Ender] = "done" \/ \E c \in Consumers : died[c]))
        ~> (pc[p] = "refused" \/ cursor + 1 >= Events)
=============================================================================
