------------------------- MODULE TracedSingleProducer -------------------------
(***************************************************************************)
(* SingleProducer, restricted to a trace: a thread takes a step only if    *)
(* the next entry of its log is that step, with the same value.            *)
(*                                                                         *)
(* Decisions are not accesses, so they have no entries: a thread takes     *)
(* them when they are due.  A load of a variable that only the loading     *)
(* thread stores changes nothing; it must find what the thread has stored. *)
(***************************************************************************)
EXTENDS SingleProducer, TraceLogs

TracedInit == Init /\ StartLogs(Threads)

Produce(what, of, value, claim) ==
    CASE what = "load limit"    -> limit = value /\ Claim(claim)
      [] what = "load sequence" -> sequence[of] = value /\ Look(of)
      [] what = "load cursor"   -> cursor = value /\ UNCHANGED vars
      [] what = "store limit"   -> KeepLimit /\ limit' = value
      [] what = "write slot"    -> StartWriting /\ of = Index(writing) /\ value = writing
      [] what = "written slot"  -> of = Index(writing) /\ value = writing /\ StopWriting
      [] what = "store cursor"  -> Publish /\ cursor' = value
      [] OTHER                  -> FALSE

Consume(c, what, of, value) ==
    CASE what = "load cursor"    -> cursor = value /\ LoadCursor(c)
      [] what = "load sequence"  ->
            sequence[of] = value /\ IF of = c THEN UNCHANGED vars ELSE LoadDependency(c, of)
      [] what = "read slot"      -> of = Index(reading[c])
           /\ (StartReading(c) \/ (Decide(c) /\ pc'[c] = "reading"))
      [] what = "done slot"      -> of = Index(reading[c]) /\ Holds(value) /\ value % Size = of
           /\ StopReading(c)
      [] what = "store sequence" -> of = c /\ Advance(c) /\ sequence'[c] = value
      [] what = "start again"    -> pc[c] = "wait" /\ UNCHANGED vars
      [] OTHER                   -> FALSE

\* It has looked at everything, and there is nothing to read yet.
FindsNothing(c) ==
    /\ c \in Consumers /\ pc[c] = "depend"
    /\ toRead[c] = {} /\ available[c] < reading[c]

Take(t) ==
    \/ FindsNothing(t) /\ Decide(t) /\ UNCHANGED logVars
    \/ /\ Has(t)
       /\ LET e == Entry(t) IN
          /\ InAnyOrder \/ IsDue(e[5])
          /\ IF t = Producer THEN Produce(e[1], e[2], e[3], e[4]) ELSE Consume(t, e[1], e[2], e[3])
       /\ Took(t)

\* The limit is the producer's own.
IsReady(what, of, value, before) ==
    CASE what = "load cursor"   -> cursor = value
      [] what = "load limit"    -> limit = value
      [] what = "load sequence" -> sequence[of] = value
      [] OTHER                  -> IsDue(before)

Ready(t) == FindsNothing(t) \/ (Has(t) /\ LET e == Entry(t) IN IsReady(e[1], e[2], e[3], e[5]))

TracedNext == Turn(Threads, Ready, Take) \/ UNCHANGED <<vars, logVars>>

TracedSpec == TracedInit /\ [][TracedNext]_<<vars, logVars>>

IsOver ==
    /\ pc[Producer] = "claim"
    /\ cursor = Traces[trace].events - 1
    /\ \A c \in Consumers : pc[c] = "wait" /\ sequence[c] = cursor

Report == Accepted(IsOver)

Progress == Furthest({t \in Threads : Ready(t)})
=============================================================================
