------------------------------ MODULE TraceLogs ------------------------------
(***************************************************************************)
(* Logs of threads, taken entry by entry.                                  *)
(*                                                                         *)
(* Each thread has a log of its own, in its own order.  The logs do not    *)
(* say how the entries of two threads follow one another: TLC looks for an *)
(* order.                                                                  *)
(*                                                                         *)
(* The module Observed is generated.  It defines                           *)
(*                                                                         *)
(*   Traces       a sequence of [logs, whole, events]: logs is [thread |-> *)
(*                its entries, in pages]; whole says whether the run came  *)
(*                to its end; events, how many there were                  *)
(*   Page         entries on a page                                        *)
(*   InAnyOrder   whether every order is tried                             *)
(*                                                                         *)
(* An entry is <<what, of, value, claim, before>>; before, of a store, is  *)
(* what must have been taken before it: <<thread, count>>, ...             *)
(*                                                                         *)
(* Some orders make no difference.  A load changes nothing that other      *)
(* threads see.  So if the next value that a thread loads is there now,    *)
(* the thread may load it now: in any order with a later load, the load    *)
(* can move to the front, and no other thread notices.  The same holds for *)
(* the beginning and the end of writing and reading a slot: its claim, or  *)
(* its publication, leaves the slot to one side (NoRace, in both models).  *)
(*                                                                         *)
(* A store of the cursor or of a sequence must come after the last load of *)
(* the value that it replaces, because these values only grow.  As soon as *)
(* it may come, it may come now: no thread loads the old value any more.   *)
(* So TLC only tries the orders of the stores of limit and flags.          *)
(***************************************************************************)
EXTENDS Observed, Integers, Sequences, TLC

VARIABLES
    trace,   \* which one
    at       \* [thread |-> how many entries of its log it has taken]

logVars == <<trace, at>>

StartLogs(threads) ==
    /\ trace \in DOMAIN Traces
    /\ at = [t \in threads |-> 0]

Has(t) == at[t] < Traces[trace].logs[t].length
Entry(t) == Traces[trace].logs[t].pages[(at[t] \div Page) + 1][(at[t] % Page) + 1]
\* The entry that it took last.
Before(t) ==
    LET last == at[t] - 1 IN Traces[trace].logs[t].pages[(last \div Page) + 1][(last % Page) + 1]
Took(t) == at' = [at EXCEPT ![t] = @ + 1] /\ UNCHANGED trace

\* No thread has yet to load the value that a store replaces.
IsDue(before) == \A i \in DOMAIN before : at[before[i][1]] >= before[i][2]

\* One thread takes a step.  A thread that is ready, and need not wait for another, goes first.
Turn(threads, Ready(_), Take(_)) ==
    LET ready == {t \in threads : Ready(t)} IN
    IF InAnyOrder \/ ready = {}
    THEN \E t \in threads : Take(t)
    ELSE Take(CHOOSE t \in ready : TRUE)

AllTaken == \A t \in DOMAIN at : ~Has(t)

\* Prints the number of an accepted trace, and is always true.
Accepted(isOver) == (AllTaken /\ (Traces[trace].whole => isOver)) => PrintT(<<"accepted", trace>>)

\* Prints how far a single trace can be taken, and a thread that could go on, if there is one.
Taken == LET Sum[threads \in SUBSET DOMAIN at] ==
                 IF threads = {}
                 THEN 0
                 ELSE LET t == CHOOSE t \in threads : TRUE IN at[t] + Sum[threads \ {t}]
         IN Sum[DOMAIN at]

ASSUME TLCSet(1, -1)

Furthest(ready) ==
    Taken > TLCGet(1) =>
        /\ TLCSet(1, Taken)
        /\ PrintT(<<"furthest", at, IF ready = {} THEN "" ELSE CHOOSE t \in ready : TRUE>>)
=============================================================================
