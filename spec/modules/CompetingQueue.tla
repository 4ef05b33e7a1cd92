--------------------------- MODULE CompetingQueue ---------------------------
(***************************************************************************)
(* What a work pool promises to its users, and nothing about how.          *)
(*                                                                         *)
(* Every event is handled once, by one of the workers.  Workers take the   *)
(* events in order, but may finish them in any order.                      *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Events,       \* how many events are published in all
    Workers

VARIABLES
    published,    \* how many events are available
    taken,        \* [worker |-> the events that it has taken and not handled]
    handled       \* the events that are handled

vars == <<published, taken, handled>>

All == 0..Events-1

Init == published = 0 /\ taken = [w \in Workers |-> {}] /\ handled = {}

Publish == published' \in (published + 1)..Events /\ UNCHANGED <<taken, handled>>

\* The events that no worker has taken.
Free == {e \in 0..published-1 : e \notin handled /\ \A v \in Workers : e \notin taken[v]}

TakeUpTo(w, last) ==
    /\ last \in Free
    /\ taken' = [taken EXCEPT ![w] = @ \cup {e \in Free : e <= last}]
    /\ UNCHANGED <<published, handled>>

\* The next few of them.
Take(w) == \E last \in Free : TakeUpTo(w, last)

HandleOne(w, e) ==
    /\ e \in taken[w]
    /\ taken' = [taken EXCEPT ![w] = @ \ {e}]
    /\ handled' = handled \cup {e}
    /\ UNCHANGED published

Handle(w) == \E e \in taken[w] : HandleOne(w, e)

\* Everything is done: not a deadlock.
Done == handled = All /\ UNCHANGED vars

Next == Publish \/ (\E w \in Workers : Take(w) \/ Handle(w)) \/ Done

Spec ==
    /\ Init /\ [][Next]_vars
    /\ WF_vars(Publish)
    /\ WF_vars(\E w \in Workers : Take(w))
    /\ \A w \in Workers : WF_vars(Handle(w))

Safety == Init /\ [][Next]_vars

TypeOK ==
    /\ published \in 0..Events /\ handled \subseteq All
    /\ \A w \in Workers : taken[w] \subseteq All

EachByOne == \A v, w \in Workers : v # w => taken[v] \cap taken[w] = {}

EverythingIsHandled == <>(handled = All)
=============================================================================
