---------------------------- MODULE TracedWorkPool ----------------------------
(***************************************************************************)
(* WorkPool, restricted to a trace: a thread takes a step only if the next *)
(* entry of its log is that step, with the same value.                     *)
(*                                                                         *)
(* The end of a claim is not an access, so it has no entry: the step is    *)
(* taken when it is due.  These accesses are in the code, but are not      *)
(* steps of the model.  They change nothing, but must find the value that  *)
(* is there:                                                               *)
(*   the loads of the producer, and the end of its writing a slot;         *)
(*   a worker's load of its own `busy`, except while it looks at all;      *)
(*   the load of a worker that finds nothing published;                    *)
(*   the load of an alert that is not raised, except where the worker      *)
(*   loads nothing else.                                                   *)
(*                                                                         *)
(* The last worker may halt, and a worker may be started again; the model  *)
(* leaves both out.  An alert that belonged to an earlier halt makes the   *)
(* worker rest, and continue.                                              *)
(***************************************************************************)
EXTENDS WorkPool, TraceLogs

VARIABLE written   \* the last event that the producer has written

Publisher == "publisher"
Threads == {Publisher} \union Workers

TracedInit == Init /\ written = -1 /\ StartLogs(Threads)

\* What `busy` holds of a worker that has claimed nothing.
NoClaim == -2
Busy(value) == IF value = NoClaim THEN Idle ELSE value

Produce(what, of, value) ==
    CASE what = "load done"    -> done = value /\ UNCHANGED <<vars, written>>
      [] what = "load cursor"  -> cursor = value /\ UNCHANGED <<vars, written>>
      [] what = "written slot" ->
            /\ value = written + 1 /\ value = cursor + 1
            /\ value <= done + Size /\ of = value % Size
            /\ written' = value
            /\ UNCHANGED vars
      [] what = "store cursor" -> value = written /\ Publish /\ cursor' = value /\ UNCHANGED written
      [] OTHER                 -> FALSE

\* It is to halt.
Stop(w) ==
    /\ pc[w] \in {"wait", "check"}
    /\ IF busy[w] = Idle
       THEN Go(w, "halted") /\ Keep(w, Nothing)
       ELSE Go(w, "rest") /\ Keep(w, [Nothing EXCEPT !.next = "halted"])
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

\* It was not, as it finds out when it rests.
GoOnAfterRest(w) ==
    /\ pc[w] \in {"wait", "check"}
    /\ IF busy[w] = Idle
       THEN UNCHANGED <<pc, local>>
       ELSE Go(w, "rest") /\ Keep(w, [local[w] EXCEPT !.next = pc[w]])
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

\* A worker looks at its state, which is not traced, between its first load of `work` and its first
\* wait: a halt before that look ends its run without a look at the alert.
StartAgain(w) ==
    /\ pc[w] = "halted" \/ (pc[w] = "wait" /\ busy[w] = Idle /\ Before(w)[1] = "load work")
    /\ Go(w, "ready")
    /\ Keep(w, Nothing)
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

Share(w, what, of, value) ==
    CASE what = "load work"      -> work = value /\ LoadWork(w)
      [] what = "load cursor"    ->
            /\ cursor = value
            /\ IF pc[w] = "wait" /\ value <= local[w].current THEN UNCHANGED vars ELSE LoadCursor(w)
      [] what = "load alert"     ->
            /\ of = w
            /\ CASE value = 0 /\ pc[w] = "check" -> GoOn(w)
                 [] value = 0 /\ pc[w] # "check" -> UNCHANGED vars
                 [] value = 1                    -> Stop(w) \/ GoOnAfterRest(w)
                 [] OTHER                        -> FALSE
      [] what = "store busy"     ->
            /\ of = w
            /\ Rest(w) \/ \E n \in Chunks : Announce(w, n)
            /\ busy'[w] = Busy(value)
      [] what = "load busy"      ->
            /\ busy[of] = Busy(value)
            /\ IF pc[w] = "look" /\ of \in local[w].toRead
               THEN LookAt(w, of)
               ELSE of = w /\ UNCHANGED vars
      [] what = "swapped work"     -> <<of, value>> = <<local[w].current, local[w].claimed>>
           /\ work = of /\ Claim(w)
      [] what = "not swapped work" -> <<of, value>> = <<local[w].current, local[w].claimed>>
           /\ work # of /\ Claim(w)
      [] what = "done slot"      -> value = local[w].current + 1 /\ of = value % Size /\ Handle(w)
      [] what = "fetch_add work" -> of = value /\ work = value /\ LoadClaimed(w)
      [] what = "load done"      -> done = value /\ LoadDone(w)
      [] what = "swapped done"     -> <<of, value>> = <<local[w].before, local[w].lowest>>
           /\ done = of /\ Raise(w)
      [] what = "not swapped done" -> <<of, value>> = <<local[w].before, local[w].lowest>>
           /\ done # of /\ Raise(w)
      [] what = "start again"    -> StartAgain(w)
      [] OTHER                   -> FALSE

HasFinished(t) == t \in Workers /\ pc[t] = "handle" /\ local[t].current = local[t].claimed

Take(t) ==
    IF HasFinished(t)
    THEN Finish(t) /\ UNCHANGED <<written, logVars>>
    ELSE /\ Has(t)
         /\ LET e == Entry(t) IN
            /\ InAnyOrder \/ IsDue(e[5])
            /\ IF t = Publisher
               THEN Produce(e[1], e[2], e[3])
               ELSE Share(t, e[1], e[2], e[3]) /\ UNCHANGED written
         /\ Took(t)

\* To add nothing to `work` is to load it.
IsReady(what, of, value, before) ==
    CASE what = "load cursor"                   -> cursor = value
      [] what \in {"load work", "fetch_add work"} -> work = value
      [] what = "load done"                     -> done = value
      [] what = "load busy"                     -> busy[of] = Busy(value)
      [] what = "written slot"                  -> value <= done + Size
      [] what = "not swapped work"              -> work # of
      [] what = "not swapped done"              -> done # of
      [] what = "swapped work"                  -> work = of /\ IsDue(before)
      [] what = "swapped done"                  -> done = of /\ IsDue(before)
      [] OTHER                                  -> what # "store busy" /\ IsDue(before)

Ready(t) == HasFinished(t) \/ (Has(t) /\ LET e == Entry(t) IN IsReady(e[1], e[2], e[3], e[5]))

TracedNext == Turn(Threads, Ready, Take) \/ UNCHANGED <<vars, written, logVars>>

TracedSpec == TracedInit /\ [][TracedNext]_<<vars, written, logVars>>

IsOver ==
    /\ cursor = Traces[trace].events - 1
    /\ work = cursor /\ done = cursor
    /\ \A w \in Workers : pc[w] \in {"wait", "halted"}

Report == Accepted(IsOver)

Progress == Furthest({t \in Threads : Ready(t)})
=============================================================================
