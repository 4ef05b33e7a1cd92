------------------------------ MODULE TraceLogs ------------------------------
(***************************************************************************)
(* Logs of threads, taken entry by entry.                                  *)
(*                                                                         *)
(* Each thread has a log of its own, in its own order.  Nothing says how   *)
(* the entries of two logs follow one another: TLC looks for an order.     *)
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
(* Which orders need not be tried.  A load changes nothing that others see.*)
(* So if the value is there now that a thread loads next, it may as well   *)
(* load it now: in any order in which it does so later, the load can be    *)
(* moved to the front, and the others do not notice.  The same is true of  *)
(* what others have no part in: the beginning and the end of writing and   *)
(* reading a slot, which its claim, or its publication, leaves to one side *)
(* alone (NoRace, in both models).                                         *)
(*                                                                         *)
(* A store of the cursor or of a sequence must come after the last load of *)
(* what it replaces, since these only grow; and when it may come, it may as*)
(* well come now: nobody loads what it replaces any more.  What is left to *)
(* try is the order of the stores of limit and flags.                      *)
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
Before(t) == LET last == at[t] - 1 IN Traces[trace].logs[t].pages[(last \div Page) + 1][(last % Page) + 1]
Took(t) == at' = [at EXCEPT ![t] = @ + 1] /\ UNCHANGED trace

\* Nobody is to load any more what a store replaces.
IsDue(before) == \A i \in DOMAIN before : at[before[i][1]] >= before[i][2]

\* One of the threads takes a step: if one is ready that need not wait for anybody, that one.
Turn(threads, Ready(_), Take(_)) ==
    LET ready == {t \in threads : Ready(t)} IN
    IF InAnyOrder \/ ready = {}
    THEN \E t \in threads : Take(t)
    ELSE Take(CHOOSE t \in ready : TRUE)

AllTaken == \A t \in DOMAIN at : ~Has(t)

\* Told, and always true.
Accepted(isOver) == (AllTaken /\ (Traces[trace].whole => isOver)) => PrintT(<<"accepted", trace>>)

\* Tells how far a single trace can be taken, and who is to go on from there, if it is anybody's turn.
Taken == LET Sum[threads \in SUBSET DOMAIN at] ==
                 IF threads = {} THEN 0 ELSE LET t == CHOOSE t \in threads : TRUE IN at[t] + Sum[threads \ {t}]
         IN Sum[DOMAIN at]

ASSUME TLCSet(1, -1)

Furthest(ready) ==
    Taken > TLCGet(1) =>
        /\ TLCSet(1, Taken)
        /\ PrintT(<<"furthest", at, IF ready = {} THEN "" ELSE CHOOSE t \in ready : TRUE>>)
=============================================================================
