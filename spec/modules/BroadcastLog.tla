---------------------------- MODULE BroadcastLog ----------------------------
(***************************************************************************)
(* What a ring promises to its users, and nothing about how.               *)
(*                                                                         *)
(* Events have numbers: 0, 1, 2, ...  Publishing makes the next one, or the*)
(* next few, available.  Each consumer handles every event, once, in order,*)
(* and only after all the consumers that it depends on have handled it.    *)
(*                                                                         *)
(* Not modelled: that there is a ring, that it is finite, which thread     *)
(* publishes, how a thread waits.  The models of the code refine this one. *)
(***************************************************************************)
EXTENDS Integers, Graphs

CONSTANTS
    Events,       \* how many events are published in all
    Consumers,
    Dependencies  \* [consumer |-> its dependencies: the consumers that it comes after]

VARIABLES
    published,    \* how many events are available
    handled       \* [consumer |-> how many it has handled]

vars == <<published, handled>>

TypeOK ==
    /\ published \in 0..Events
    /\ handled \in [Consumers -> 0..Events]

Init ==
    /\ published = 0
    /\ handled = [c \in Consumers |-> 0]

Publish ==
    /\ published' \in (published + 1)..Events
    /\ UNCHANGED handled

Handle(c) ==
    /\ handled[c] < published
    /\ \A d \in Dependencies[c] : handled[c] < handled[d]
    /\ handled' = [handled EXCEPT ![c] = @ + 1]
    /\ UNCHANGED published

\* Everything is done: not a deadlock.
Done == (\A c \in Consumers : handled[c] = Events) /\ UNCHANGED vars

Next == Publish \/ (\E c \in Consumers : Handle(c)) \/ Done

Spec == Init /\ [][Next]_vars /\ WF_vars(Publish) /\ \A c \in Consumers : WF_vars(Handle(c))

\* Without fairness: what the models of the code refine.
Safety == Init /\ [][Next]_vars

InOrder == \A c \in Consumers : \A d \in Dependencies[c] : handled[c] <= handled[d]

EverythingIsHandled == <>(\A c \in Consumers : handled[c] = Events)
=============================================================================
