------------------------- MODULE TracedMultiProducer -------------------------
(***************************************************************************)
(* MultiProducer, led by what was observed: a thread takes a step only if  *)
(* the next entry of its log is that step, with the same value.            *)
(*                                                                         *)
(* Decisions are no accesses, so they have no entries: a thread takes them *)
(* when they are due.  Three kinds of loads are in the code and no steps of*)
(* the model.  They change nothing, but must load what is there:           *)
(*   a consumer's own sequence;                                            *)
(*   before a publication, whether it is due;                              *)
(*   the sequences that a consumer depends on, where nothing is published. *)
(* A consumer that is started again has forgotten what it knew.            *)
(***************************************************************************)
EXTENDS MultiProducer, TraceLogs

TracedInit == Init /\ StartLogs(Threads)

LoadFlag(t, of, value) ==
    /\ flags[of] = value
    /\ IF pc[t] = "publish"
       THEN UNCHANGED vars
       ELSE of = Index(local[t].known + 1) /\ local[t].known < local[t].last /\ Search(t)

Produce(p, what, of, value, claim) ==
    CASE what = "load cursor" ->
            /\ cursor = value
            /\ CASE pc[p] = "claim"   -> LoadCursor(p, claim)
                 [] pc[p] = "look"    -> LookForGap(p)
                 [] pc[p] = "publish" -> UNCHANGED vars
                 [] OTHER             -> FALSE
      [] what = "load limit"         -> limit = value /\ LoadLimit(p)
      [] what = "load sequence"      -> sequence[of] = value /\ Look(p, of)
      [] what = "load flag"          -> LoadFlag(p, of, value)
      [] what = "store limit"        -> KeepLimit(p) /\ limit' = value
      [] what = "swapped cursor"     -> <<of, value>> = <<local[p].current, local[p].high>> /\ cursor = of /\ Swap(p)
      [] what = "not swapped cursor" -> <<of, value>> = <<local[p].current, local[p].high>> /\ cursor # of /\ Swap(p)
      [] what = "write slot"         -> StartWriting(p) /\ of = Index(local[p].writing) /\ value = local[p].writing
      [] what = "written slot"       -> of = Index(local[p].writing) /\ value = local[p].writing /\ StopWriting(p)
      [] what = "store flag"         -> of = Index(local[p].writing) /\ value = Parity(local[p].writing) /\ Publish(p)
      [] OTHER                       -> FALSE

Consume(c, what, of, value) ==
    CASE what = "load cursor"    -> cursor = value /\ LookForEvents(c)
      [] what = "load flag"      -> LoadFlag(c, of, value)
      [] what = "load sequence"  ->
            /\ sequence[of] = value
            /\ IF of = c \/ (of \in Dependencies[c] /\ pc[c] = "wait") THEN UNCHANGED vars ELSE LoadDependency(c, of)
      [] what = "read slot"      -> of = Index(reading[c]) /\ (StartReading(c) \/ (Decide(c) /\ pc'[c] = "reading"))
      [] what = "done slot"      -> of = Index(reading[c]) /\ Holds(value) /\ value % Size = of /\ StopReading(c)
      [] what = "store sequence" -> of = c /\ Advance(c) /\ sequence'[c] = value
      [] what = "start again"    -> pc[c] = "wait" /\ Keep(c, Nothing) /\ UNCHANGED <<shared, pc, reading>>
      [] OTHER                   -> FALSE

\* The search has come to the last event that is claimed.
IsThrough(t) == pc[t] = "search" /\ local[t].known >= local[t].last

HasFound(t) == t \in Consumers /\ pc[t] = "found"

\* It has looked at everything, and there is nothing to read yet.
FindsNothing(t) == t \in Consumers /\ pc[t] = "depend" /\ local[t].toRead = {} /\ local[t].lowest < reading[t]

IsDeciding(t) == IsThrough(t) \/ HasFound(t) \/ FindsNothing(t)

Take(t) ==
    IF IsDeciding(t)
    THEN /\ (IsThrough(t) /\ Search(t)) \/ (HasFound(t) /\ Depend(t)) \/ (FindsNothing(t) /\ Decide(t))
         /\ UNCHANGED logVars
    ELSE /\ Has(t)
         /\ LET e == Entry(t) IN
            /\ InAnyOrder \/ IsDue(e[5])
            /\ IF t \in Producers THEN Produce(t, e[1], e[2], e[3], e[4]) ELSE Consume(t, e[1], e[2], e[3])
         /\ Took(t)

IsReady(what, of, value, before) ==
    CASE what = "load cursor"        -> cursor = value
      [] what = "load limit"         -> limit = value
      [] what = "load sequence"      -> sequence[of] = value
      [] what = "load flag"          -> flags[of] = value
      [] what = "not swapped cursor" -> cursor # of
      [] what = "swapped cursor"     -> cursor = of /\ IsDue(before)
      [] OTHER                       -> what \notin {"store limit", "store flag"} /\ IsDue(before)

Ready(t) == IsDeciding(t) \/ (Has(t) /\ LET e == Entry(t) IN IsReady(e[1], e[2], e[3], e[5]))

TracedNext == Turn(Threads, Ready, Take) \/ UNCHANGED <<vars, logVars>>

TracedSpec == TracedInit /\ [][TracedNext]_<<vars, logVars>>

IsOver ==
    /\ \A p \in Producers : pc[p] = "claim"
    /\ cursor = Traces[trace].events - 1
    /\ \A c \in Consumers : pc[c] = "wait" /\ sequence[c] = cursor

Report == Accepted(IsOver)

Progress == Furthest({t \in Threads : Ready(t)})
=============================================================================
