---------------------------- MODULE LifecycleProof ----------------------------
(***************************************************************************)
(* Why Lifecycle is right, for rings of every size, any number of          *)
(* producers, consumers, halters and starts, and runs of any length.       *)
(* `Inv` is inductive.                                                     *)
(***************************************************************************)
EXTENDS Lifecycle, FiniteSets

ASSUME
    /\ Size \in Nat \ {0}
    /\ Events \in Nat
    /\ IsFiniteSet(Producers)
    /\ IsFiniteSet(Consumers)
    /\ IsFiniteSet(Halters)
    /\ Starts \in Nat
    /\ MayDie \in BOOLEAN
    /\ MaySkip \in BOOLEAN
    /\ Ends \in {"shutdown", "halt", "nothing"}
    /\ Producers \cap Consumers = {}
    /\ Producers \cap Halters = {}
    /\ Consumers \cap Halters = {}
    /\ Ender \notin Producers \cup Consumers \cup Halters
    /\ NoConsumer \notin Consumers

\* The producer has claimed a sequence that it has not yet published.
HasClaim(p) == pc[p] \in {"publish", "publish skipped"}

\* The consumer stops early: it has died, or a halter has halted it.
StopsEarly(c) == died[c] \/ WasHalted(c)

\* Where each thread may be.
Places ==
    /\ \A c \in Consumers :
        pc[c] \in {"none", "begin", "enter", "check", "look", "look again", "search",
                   "search again", "clear", "handle", "close", "lower", "seal", "end"}
    /\ \A p \in Producers :
        pc[p] \in {"claim", "measure", "keep", "check", "withdraw", "refused", "swap", "publish",
                   "publish skipped"}
    /\ \A h \in Halters : pc[h] \in {"halt", "alert", "done"}
    /\ pc[Ender] \in {"end", "lower", "seal", "aim", "drain", "compare", "close", "lower again",
                      "seal again"} \cup Ended

\* A run has a thread.  It ends after a halt or a death, and a death closes the ring.
Runs ==
    \A c \in Consumers :
        /\ state[c] \in {"IDLE", "RUNNING", "HALTING", "HALTED", "HALT_PENDING"}
        /\ pc[c] # "none" <=> state[c] \in {"RUNNING", "HALTING"}
        /\ pc[c] \in {"close", "lower", "seal"} => died[c]
        /\ pc[c] = "end" => died[c] \/ state[c] = "HALTING"
        /\ died[c] => closed \/ pc[c] = "close"

\* A halter names the consumer that it has halted; the ender, the one that it looks at or halts.
Named ==
    /\ \A h \in Halters :
        /\ pc[h] = "halt" <=> chosen[h] = NoConsumer
        /\ chosen[h] = NoConsumer \/ chosen[h] \in Consumers
    /\ pc[Ender] \in {"compare", "alert"} => chosen[Ender] \in toLook[Ender]

\* A halt before the first start is remembered.
EarlyHalts ==
    \A c \in Consumers :
        /\ 0 <= starts[c]
        /\ starts[c] = 0 => state[c] \in {"IDLE", "HALT_PENDING"}
        /\ \A h \in Halters : starts[c] = 0 /\ chosen[h] = c => state[c] = "HALT_PENDING"

\* Before the ender halts them, only consumers that stop early stop.
Stopped ==
    pc[Ender] \notin Ended => \A c \in Consumers : GoesOn(c) \/ StopsEarly(c)

\* A run that is halted is about to look at its state, or has an alert, or will get one.
HaltsArrive ==
    \A c \in Consumers :
        state[c] = "HALTING" =>
            \/ alert[c]
            \/ pc[c] \in {"begin", "clear", "close", "lower", "seal", "end"}
            \/ \E h \in Halters : pc[h] = "alert" /\ chosen[h] = c
            \/ pc[Ender] = "alert" /\ chosen[Ender] = c

\* No claim is further than the ring beyond a consumer.
Bounds ==
    /\ -1 <= cursor
    /\ cursor < Events
    /\ \A c \in Consumers :
        /\ -1 <= sequence[c]
        /\ sequence[c] <= cursor
        /\ cursor <= sequence[c] + Size

\* Nor is a limit, or the free capacity that a producer has found.
Limits ==
    /\ -1 <= limit
    /\ \A c \in Consumers : limit <= sequence[c] + Size
    /\ \A p \in Producers :
        /\ -1 <= room[p]
        /\ pc[p] # "measure" => toLook[p] = {}
        /\ \A c \in Consumers : c \in toLook[p] \/ room[p] <= sequence[c] + Size

\* What a producer has loaded or claimed; before its swap, the slot is free.
Claims ==
    \A p \in Producers :
        /\ -1 <= claim[p]
        /\ claim[p] <= cursor
        /\ pc[p] \in {"measure", "keep", "check", "swap"} => claim[p] + 1 < Events
        /\ pc[p] = "swap" => \A c \in Consumers : claim[p] + 1 <= sequence[c] + Size
        /\ HasClaim(p) => 0 <= claim[p]

\* A claimed sequence belongs to one producer, until that has published it.
Unique ==
    \A p \in Producers : HasClaim(p) =>
        /\ claim[p] \notin published
        /\ \A q \in Producers : HasClaim(q) /\ claim[q] = claim[p] => q = p

\* What is published was claimed; what is claimed is published, or will be by its producer.
Published ==
    /\ \A s \in published : 0 <= s /\ s <= cursor
    /\ \A s \in 0..cursor : s \in published \/ \E p \in Producers : HasClaim(p) /\ claim[p] = s

\* Each handler was shown what is published up to its sequence, without what is skipped.
Handled ==
    \A c \in Consumers :
        /\ pc[c] \in {"search", "search again"} => sequence[c] < cursor
        /\ pc[c] = "handle" => sequence[c] + 1 \in published
        /\ \A s \in 0..Events-1 :
            /\ s <= sequence[c] => s \in published
            /\ s \in handled[c] <=> s <= sequence[c] /\ s \notin skipped

\* A thread that lowers the limit or seals the cursor has closed the ring.
Closed ==
    /\ pc[Ender] # "end" => closed
    /\ \A c \in Consumers : pc[c] \in {"lower", "seal"} => closed
    /\ sealed => closed

\* The ender has sealed the cursor before it drains or halts.
Sealed == pc[Ender] \notin {"end", "lower", "seal"} => sealed

\* A sealed ring has no limit that lets a claim pass, or a producer is about to lower it.
Lowered ==
    (sealed \/ pc[Ender] = "seal" \/ \E c \in Consumers : pc[c] = "seal") =>
        limit = None \/ \E p \in Producers : pc[p] \in {"check", "withdraw"}

\* The ender aims at the last claim.
Aimed == pc[Ender] \in {"drain", "compare"} => target = cursor

\* In a shutdown, a consumer that the ender is done with has handled everything, or stops early.
Drained ==
    Ends = "shutdown" /\ pc[Ender] \notin {"end", "lower", "seal", "aim"} =>
        \A c \in Consumers :
            \/ pc[Ender] \in {"drain", "compare"} /\ c \in toLook[Ender]
            \/ StopsEarly(c)
            \/ sequence[c] = cursor

\* A consumer that is joined has stopped.
Joined ==
    pc[Ender] \in {"join", "done"} =>
        \A c \in Consumers :
            \/ pc[Ender] = "join" /\ c \in toLook[Ender]
            \/ state[c] \in {"HALTED", "HALT_PENDING"}

Inv ==
    Places /\ Runs /\ Named /\ EarlyHalts /\ Stopped /\ HaltsArrive /\ Bounds /\ Limits /\ Claims
    /\ Unique /\ Published /\ Handled /\ Closed /\ Sealed /\ Lowered /\ Aimed /\ Drained /\ Joined

\* After the end, what was published and not skipped is handled, or known to be left.  Only a
\* consumer that stops early leaves anything in a shutdown.
HandledOrLeft ==
    pc[Ender] = "done" =>
        \A c \in Consumers : \A s \in 0..Events-1 : s \in published =>
            \/ s \in skipped
            \/ s \in handled[c]
            \/ /\ sequence[c] < s
               /\ s <= cursor
               /\ Ends = "shutdown" => StopsEarly(c)

Safety ==
    TypeOK /\ NothingIsOverwritten /\ OneRun /\ EarlyHaltsAreRemembered /\ PublishedIsHandled
    /\ NothingIsLost /\ EndedIsSealed /\ HandledOrLeft

\* WhatIsLeftIsKnown, of one step: no claim succeeds after the seal.
NoLateClaim == sealed => cursor' = cursor

\* Consumers go on one by one.
InOrder == \A c \in Consumers : sequence'[c] \in {sequence[c], sequence[c] + 1}

\* A handler is shown the next sequence, or none; each of them once, because `sequence` only grows.
HandledOnce ==
    \A c \in Consumers : \A s \in 0..Events-1 :
        s \in handled'[c] <=>
            s \in handled[c] \/ (s = sequence'[c] /\ sequence[c] < s /\ s \notin skipped)

\* What is left when the ender is done stays so: it can be reported.
LeftIsLeft == pc[Ender] = "done" => sequence' = sequence /\ handled' = handled

Steps == NoLateClaim /\ InOrder /\ HandledOnce /\ LeftIsLeft

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
