------------------------- MODULE TracedMultiProducer -------------------------
(***************************************************************************)
(* MultiProducer, restricted to a trace: a thread takes a step only if the *)
(* next entry of its log is that step, with the same value.                *)
(*                                                                         *)
(* Decisions are not accesses, so they have no entries: a thread takes     *)
(* them when they are due.  Three kinds of loads are in the code, but are  *)
(* not steps of the model.  They change nothing, but must load the value   *)
(* that is there:                                                          *)
(*   a consumer's own sequence;                                            *)
(*   before a publication, whether it is due;                              *)
(*   the sequences that a consumer depends on, where nothing is published. *)
(* A consumer that is started again has forgotten what it knew.            *)
(*                                                                         *)
(* The end of a ring is here and not in the model (it is in Closing): the  *)
(* closer lowers the limit, and then seals the cursor by a swap.  No claim *)
(* comes after the seal.  What was claimed is published, and the number    *)
(* below the seal is still the last claim.  The flag that says that the    *)
(* ring is closed is not traced, so a producer may find it at any time     *)
(* after it has kept a limit: it stores the lowered limit, and is gone.    *)
(***************************************************************************)
EXTENDS MultiProducer, TraceLogs

VARIABLE end   \* how far the closer is: "open", "lowered", "sealed"

Closer == "closer"
AllThreads == Threads \cup {Closer}

TracedInit == Init /\ end = "open" /\ StartLogs(AllThreads)

\* The limit of a closed ring, below every claim; a claim behind a sealed cursor, beyond every
\* limit.
Shut == -2
Beyond == Events + Size

IsSealed == end = "sealed"

\* What a load of the cursor finds: the last claim, and whether it is sealed.
Finds(of, value) == cursor = value /\ of = IF IsSealed THEN 1 ELSE 0

LoadSealed(p) ==
    /\ pc[p] = "claim"
    /\ Keep(p, [local[p] EXCEPT !.current = cursor, !.high = Beyond])
    /\ Go(p, "limit")
    /\ UNCHANGED <<shared, reading>>

\* It loses the swap to the seal, also where nothing was claimed meanwhile.
LoseSwap(p) ==
    /\ pc[p] = "swap"
    /\ Go(p, "claim")
    /\ Keep(p, Forget(p))
    /\ UNCHANGED <<shared, reading>>

\* It has kept a limit, and has found the ring closed.
Refuse(p) ==
    /\ ~Traces[trace].whole
    /\ pc[p] \in {"claim", "swap"}
    /\ Before(p)[1] = "store limit"
    /\ limit' = Shut
    /\ Go(p, "gone")
    /\ Keep(p, Forget(p))
    /\ UNCHANGED <<slots, cursor, flags, sequence, reading>>

Close(what, of, value) ==
    CASE what = "exchange limit" ->
            /\ end = "open" /\ limit = of /\ value = Shut
            /\ limit' = Shut /\ end' = "lowered"
            /\ UNCHANGED <<slots, pc, cursor, flags, sequence, local, reading>>
      [] what = "load cursor"       -> end # "open" /\ Finds(of, value) /\ UNCHANGED <<vars, end>>
      [] what = "sealed cursor"     -> end = "lowered" /\ cursor = of /\ value = of
           /\ end' = "sealed" /\ UNCHANGED vars
      [] what = "not sealed cursor" -> end = "lowered" /\ cursor # of /\ value = of
           /\ UNCHANGED <<vars, end>>
      [] OTHER                      -> FALSE

LoadFlag(t, of, value) ==
    /\ flags[of] = value
    /\ IF pc[t] = "publish"
       THEN UNCHANGED vars
       ELSE of = Index(local[t].known + 1) /\ local[t].known < local[t].last /\ Search(t)

Produce(p, what, of, value, claim) ==
    CASE what = "load cursor" ->
            /\ Finds(of, value)
            /\ CASE pc[p] = "claim"   -> IF IsSealed THEN LoadSealed(p) ELSE LoadCursor(p, claim)
                 [] pc[p] = "look"    -> LookForGap(p)
                 [] pc[p] = "publish" -> UNCHANGED vars
                 [] OTHER             -> FALSE
      [] what = "load limit"         -> limit = value /\ LoadLimit(p)
      [] what = "load sequence"      -> sequence[of] = value /\ Look(p, of)
      [] what = "load flag"          -> LoadFlag(p, of, value)
      [] what = "store limit"        -> 
            IF value = Shut THEN Refuse(p) ELSE KeepLimit(p) /\ limit' = value
      [] what = "swapped cursor"     ->
            /\ <<of, value>> = <<local[p].current, local[p].high>>
            /\ cursor = of /\ ~IsSealed
            /\ Swap(p)
      [] what = "not swapped cursor" ->
            /\ <<of, value>> = <<local[p].current, local[p].high>>
            /\ IF IsSealed THEN LoseSwap(p) ELSE cursor # of /\ Swap(p)
      [] what = "write slot"         -> StartWriting(p) /\ of = Index(local[p].writing)
           /\ value = local[p].writing
      [] what = "written slot"       -> of = Index(local[p].writing) /\ value = local[p].writing
           /\ StopWriting(p)
      [] what = "store flag"         -> of = Index(local[p].writing)
           /\ value = Parity(local[p].writing) /\ Publish(p)
      [] OTHER                       -> FALSE

Consume(c, what, of, value) ==
    CASE what = "load cursor"    -> Finds(of, value) /\ LookForEvents(c)
      [] what = "load flag"      -> LoadFlag(c, of, value)
      [] what = "load sequence"  ->
            /\ sequence[of] = value
            /\ IF of = c \/ (of \in Dependencies[c] /\ pc[c] = "wait")
               THEN UNCHANGED vars
               ELSE LoadDependency(c, of)
      [] what = "read slot"      -> of = Index(reading[c])
           /\ (StartReading(c) \/ (Decide(c) /\ pc'[c] = "reading"))
      [] what = "done slot"      -> of = Index(reading[c]) /\ Holds(value) /\ value % Size = of
           /\ StopReading(c)
      [] what = "store sequence" -> of = c /\ Advance(c) /\ sequence'[c] = value
      [] what = "start again"    -> pc[c] = "wait" /\ Keep(c, Nothing)
           /\ UNCHANGED <<shared, pc, reading>>
      [] OTHER                   -> FALSE

\* The search has come to the last event that is claimed.
IsThrough(t) == t \in Threads /\ pc[t] = "search" /\ local[t].known >= local[t].last

HasFound(t) == t \in Consumers /\ pc[t] = "found"

\* It has looked at everything, and there is nothing to read yet.
FindsNothing(t) ==
    /\ t \in Consumers /\ pc[t] = "depend"
    /\ local[t].toRead = {} /\ local[t].lowest < reading[t]

IsDeciding(t) == IsThrough(t) \/ HasFound(t) \/ FindsNothing(t)

Take(t) ==
    IF IsDeciding(t)
    THEN /\ \/ IsThrough(t) /\ Search(t)
            \/ HasFound(t) /\ Depend(t)
            \/ FindsNothing(t) /\ Decide(t)
         /\ UNCHANGED <<end, logVars>>
    ELSE /\ Has(t)
         /\ LET e == Entry(t) IN
            /\ InAnyOrder \/ IsDue(e[5])
            /\ CASE t = Closer       -> Close(e[1], e[2], e[3])
                 [] t \in Producers -> Produce(t, e[1], e[2], e[3], e[4]) /\ UNCHANGED end
                 [] OTHER           -> Consume(t, e[1], e[2], e[3]) /\ UNCHANGED end
         /\ Took(t)

IsReady(what, of, value, before) ==
    CASE what = "load cursor"        -> Finds(of, value)
      [] what = "load limit"         -> limit = value
      [] what = "load sequence"      -> sequence[of] = value
      [] what = "load flag"          -> flags[of] = value
      [] what = "not swapped cursor" -> cursor # of \/ IsSealed
      [] what = "not sealed cursor"  -> cursor # of
      [] what \in {"swapped cursor", "sealed cursor"} -> cursor = of /\ ~IsSealed /\ IsDue(before)
      [] OTHER -> what \notin {"store limit", "exchange limit", "store flag"} /\ IsDue(before)

Ready(t) == IsDeciding(t) \/ (Has(t) /\ LET e == Entry(t) IN IsReady(e[1], e[2], e[3], e[5]))

TracedNext == Turn(AllThreads, Ready, Take) \/ UNCHANGED <<vars, end, logVars>>

TracedSpec == TracedInit /\ [][TracedNext]_<<vars, end, logVars>>

IsOver ==
    /\ end = "open"
    /\ \A p \in Producers : pc[p] = "claim"
    /\ cursor = Traces[trace].events - 1
    /\ \A c \in Consumers : pc[c] = "wait" /\ sequence[c] = cursor

\* The closer seals the ring.
Report == end = "lowered" \/ Accepted(IsOver)

Progress == Furthest({t \in AllThreads : Ready(t)})
=============================================================================
