------------------------------ MODULE WorkPool ------------------------------
(***************************************************************************)
(* Workers that share the events of a ring.                                *)
(*                                                                         *)
(*   work       the last event that a worker has claimed                   *)
(*   busy       for each worker: its claim is finished up to here; Idle    *)
(*              while it has none                                          *)
(*   done       every event up to here is handled; producers wait for it   *)
(*                                                                         *)
(* Every action is one access by one thread: share.py and worker.py of     *)
(* processors.work.  A halted worker finishes its claim first.  A worker   *)
(* that dies keeps the rest of its claim, and continues it after a         *)
(* restart.  The model leaves open how many events a worker claims at      *)
(* once.                                                                   *)
(*                                                                         *)
(* Not modelled: alerts (a worker that is about to look for events may     *)
(* halt); the producer's own steps (see SingleProducer; here it publishes  *)
(* at once if there is free capacity); replays, which are not accesses.    *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events are published in all
    Workers,
    Chunks,       \* how many events a worker may claim at once
    Deaths        \* how often a worker dies, in all

VARIABLES
    pc, cursor, work, busy, done,
    local,        \* [worker |-> what it alone knows]
    handled,      \* [event |-> how often it was handled]
    deaths

vars == <<pc, cursor, work, busy, done, local, handled, deaths>>

Idle == Events + 10

Min(a, b) == IF a < b THEN a ELSE b

Nothing == [
    current |-> -1,   \* the value of `work` that its claim is to replace
    available |-> -1, \* the cursor as it remembers it, while that is beyond `work`
    claimed |-> -1,   \* the last event of its claim
    lowest  |-> -1,   \* the minimum of what it has looked at
    toRead  |-> {},   \* the workers whose `busy` it has yet to look at
    before  |-> -1,   \* the value of `done` that it is to replace
    next    |-> "ready"]   \* where it goes on when it has raised `done`

Init ==
    /\ pc = [w \in Workers |-> "ready"]
    /\ cursor = -1
    /\ work = -1
    /\ busy = [w \in Workers |-> Idle]
    /\ done = -1
    /\ local = [w \in Workers |-> Nothing]
    /\ handled = [e \in 0..Events-1 |-> 0]
    /\ deaths = 0

Go(w, to) == pc' = [pc EXCEPT ![w] = to]
Keep(w, what) == local' = [local EXCEPT ![w] = what]

\* If there is free capacity: the event one ring before is handled.
Publish ==
    /\ cursor + 1 < Events
    /\ cursor + 1 <= done + Size
    /\ cursor' = cursor + 1
    /\ UNCHANGED <<pc, work, busy, done, local, handled, deaths>>

(* Claiming ****************************************************************)

\* A worker without a claim that knows of nothing to claim rests before it waits.
LoadWork(w) ==
    /\ pc[w] = "ready"
    /\ IF local[w].available > work
       THEN Go(w, "check") /\ Keep(w, [local[w] EXCEPT !.current = work])
       ELSE IF busy[w] = Idle
       THEN Go(w, "wait") /\ Keep(w, [Nothing EXCEPT !.current = work])
       ELSE Go(w, "rest") /\ Keep(w, [Nothing EXCEPT !.current = work, !.next = "wait"])
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

\* Loads what is published, until there is something to claim.
LoadCursor(w) ==
    /\ pc[w] = "wait"
    /\ cursor > local[w].current
    /\ Keep(w, [local[w] EXCEPT !.available = cursor])
    /\ Go(w, "announce")
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

\* It knows of an event to claim, and only loads whether it is to halt: it is not.
GoOn(w) ==
    /\ pc[w] = "check"
    /\ Go(w, "announce")
    /\ UNCHANGED <<cursor, work, busy, done, local, handled, deaths>>

\* It is to halt.
Halt(w) ==
    /\ pc[w] \in {"wait", "check"}
    /\ \E v \in Workers \ {w} : pc[v] # "halted" /\ local[v].next # "halted"
    /\ IF busy[w] = Idle
       THEN Go(w, "halted") /\ Keep(w, Nothing)
       ELSE Go(w, "rest") /\ Keep(w, [Nothing EXCEPT !.next = "halted"])
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

Announce(w, n) ==
    /\ pc[w] = "announce"
    /\ local[w].current + n <= local[w].available
    /\ busy' = [busy EXCEPT ![w] = local[w].current]
    /\ Keep(w, [local[w] EXCEPT !.claimed = local[w].current + n])
    /\ Go(w, "claim")
    /\ UNCHANGED <<cursor, work, done, handled, deaths>>

Claim(w) ==
    /\ pc[w] = "claim"
    /\ IF work = local[w].current
       THEN work' = local[w].claimed /\ Go(w, "handle") /\ UNCHANGED local
       ELSE /\ UNCHANGED work
            /\ Go(w, "ready")
            /\ Keep(w, [Nothing EXCEPT !.available = local[w].available])
    /\ UNCHANGED <<cursor, busy, done, handled, deaths>>

(* Handling ****************************************************************)

\* `current` moves on; `busy` does not before the end of the claim.
Handle(w) ==
    /\ pc[w] = "handle"
    /\ local[w].current < local[w].claimed
    /\ handled' = [handled EXCEPT ![local[w].current + 1] = @ + 1]
    /\ Keep(w, [local[w] EXCEPT !.current = @ + 1])
    /\ UNCHANGED <<pc, cursor, work, busy, done, deaths>>

\* An error: it stores what it finished, and raises `done`; the rest stays claimed.
Die(w) ==
    /\ pc[w] = "handle"
    /\ deaths < Deaths
    /\ local[w].current < local[w].claimed
    /\ deaths' = deaths + 1
    /\ busy' = [busy EXCEPT ![w] = local[w].current]
    /\ Go(w, IF busy[w] < local[w].current THEN "fence" ELSE "dead")
    /\ Keep(w, [local[w] EXCEPT !.available = -1, !.next = "dead"])
    /\ UNCHANGED <<cursor, work, done, handled>>

Restart(w) ==
    /\ pc[w] = "dead"
    /\ Go(w, "handle")
    /\ Keep(w, [local[w] EXCEPT !.next = "ready"])
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

Finish(w) ==
    /\ pc[w] = "handle"
    /\ local[w].current = local[w].claimed
    /\ Go(w, "rest")
    /\ Keep(w, [Nothing EXCEPT !.available = local[w].available])
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

(* Raising `done` **********************************************************)

Rest(w) ==
    /\ pc[w] = "rest"
    /\ busy' = [busy EXCEPT ![w] = Idle]
    /\ Go(w, "fence")
    /\ UNCHANGED <<cursor, work, done, local, handled, deaths>>

\* After a worker has raised `done` it continues, unless it has died, or is to halt.
Raised(w) ==
    /\ Go(w, local[w].next)
    /\ Keep(w, [local[w] EXCEPT !.lowest = -1, !.before = -1, !.next = "ready"])

\* Loads `work`, before every `busy`.
LoadClaimed(w) ==
    /\ pc[w] = "fence"
    /\ Keep(w, [local[w] EXCEPT !.lowest = work, !.toRead = Workers])
    /\ Go(w, "look")
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

LookAt(w, v) ==
    /\ pc[w] = "look"
    /\ v \in local[w].toRead
    /\ Keep(w, [local[w] EXCEPT !.lowest = Min(@, busy[v]), !.toRead = @ \ {v}])
    /\ UNCHANGED <<pc, cursor, work, busy, done, handled, deaths>>

LoadDone(w) ==
    /\ pc[w] = "look"
    /\ local[w].toRead = {}
    /\ IF done < local[w].lowest
       THEN Go(w, "raise") /\ Keep(w, [local[w] EXCEPT !.before = done])
       ELSE Raised(w)
    /\ UNCHANGED <<cursor, work, busy, done, handled, deaths>>

Raise(w) ==
    /\ pc[w] = "raise"
    /\ IF done = local[w].before
       THEN done' = local[w].lowest /\ Raised(w)
       ELSE UNCHANGED done /\ Go(w, "look") /\ UNCHANGED local
    /\ UNCHANGED <<cursor, work, busy, handled, deaths>>

WorkerStep(w) ==
    \/ LoadWork(w) \/ LoadCursor(w) \/ GoOn(w) \/ Claim(w) \/ Handle(w) \/ Finish(w)
    \/ Rest(w) \/ LoadClaimed(w) \/ LoadDone(w) \/ Raise(w) \/ Restart(w)
    \/ \E n \in Chunks : Announce(w, n)
    \/ \E v \in Workers : LookAt(w, v)

\* Everything is done: not a deadlock.
Done ==
    /\ done = Events - 1
    /\ \A w \in Workers : pc[w] = "halted" \/ (pc[w] = "wait" /\ local[w].current = cursor)
    /\ UNCHANGED vars

Next == Publish \/ (\E w \in Workers : WorkerStep(w) \/ Die(w) \/ Halt(w)) \/ Done

Spec == Init /\ [][Next]_vars

FairSpec == Spec /\ WF_vars(Publish) /\ \A w \in Workers : WF_vars(WorkerStep(w))

(* What is checked *********************************************************)

TypeOK == cursor \in -1..Events-1 /\ work \in -1..Events-1 /\ done \in -1..Events-1

EachOnce == \A e \in 0..Events-1 : handled[e] <= 1

\* What producers and later stages rely on.
DoneIsHandled == \A e \in 0..done : handled[e] = 1

OnlyPublished == work <= cursor

Claimed(w) ==
    IF pc[w] \in {"handle", "dead", "fence", "look", "raise"} /\ local[w].claimed # -1
    THEN local[w].current+1..local[w].claimed
    ELSE {}

Queue == INSTANCE CompetingQueue WITH
    published <- cursor + 1,
    taken <- [w \in Workers |-> Claimed(w)],
    handled <- {e \in 0..Events-1 : handled[e] > 0}

RefinesQueue == Queue!Safety

EverythingIsHandled == <>[](done = Events - 1)
=============================================================================
