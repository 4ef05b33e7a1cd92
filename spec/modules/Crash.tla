--------------------------------- MODULE Crash ---------------------------------
(***************************************************************************)
(* A ring in memory that processes share, where any process may be killed  *)
(* at any step.                                                            *)
(*                                                                         *)
(*   cursor     the last sequence published                                *)
(*   limit      up to where a claim needs no look at the seats             *)
(*   noted      the sequences that are noted as skipped                    *)
(*   first, second   the two halves of each slot: a record is not stored   *)
(*              in one step                                                *)
(*   sequence   of each consumer's seat: its position, or Vacant           *)
(*   state      of each seat: vacant, joining, taken or leaving            *)
(*   lock       the kernel's: which process holds a seat, or the           *)
(*              production.  The kernel releases it when the process dies  *)
(*   closed     the ring takes no more claims                              *)
(*                                                                         *)
(* Processes: producers take the production in turns; at most one has it.  *)
(* A consumer takes its seat, reads records one by one, may leave, and     *)
(* stops when no record can come.  A process that is killed starts again   *)
(* and has forgotten everything: it is its own successor.                  *)
(*                                                                         *)
(* The survivors' rule.  A producer without free capacity looks for seats  *)
(* whose lock no process holds.  It takes such a lock, so that the seat    *)
(* cannot be taken meanwhile, and looks at the state.  What was joining or *)
(* leaving is made vacant.  A seat that was taken is made vacant too if    *)
(* Policy is "evict".  If it is "keep", the seat holds the producer back   *)
(* until a successor takes it, which goes on where the dead consumer       *)
(* stopped.                                                                *)
(*                                                                         *)
(* A producer that takes the production over goes on at the cursor.  What  *)
(* its predecessor had claimed and not published is not there.  So notes   *)
(* beyond the cursor are dropped.                                          *)
(*                                                                         *)
(* Each action is one access: shared/seats.py, joining.py, eviction.py,    *)
(* production.py, skip_table.py, and producer/single.py.                   *)
(*                                                                         *)
(* Not modelled: batches (a consumer finishes each record before the next  *)
(* one); dependencies; delayed stores (see DelayedRing and DelayedJoin:    *)
(* the words and their orders are the same); names of seats.               *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many records are published, at most
    Producers,    \* the processes that want to produce
    Consumers,    \* the processes that want to consume
    Seats,        \* the seats
    SeatOf,       \* [consumer |-> the seat that it wants]
    Policy,       \* what happens to the seat of a dead consumer: "keep" or "evict"
    Kills,        \* how many processes are killed, at most
    MaySkip,      \* whether a producer may skip what it has claimed
    MayLeave,     \* whether a consumer may leave its seat
    MayClose      \* whether the ring is closed at some time

VARIABLES
    pc, cursor, limit, noted, first, second, sequence, state, lock, closed,
    room,         \* each producer's: the lowest position that it has found so far
    toLook,       \* each producer's: the seats that it has yet to look at
    chosen,       \* each producer's: the seat that it evicts
    at,           \* each consumer's: the cursor as it was loaded
    read,         \* each consumer's: the halves that it has read
    \* No process looks at these:
    killed,       \* [process |-> how often it was killed]
    log,          \* what was published: the record of each sequence, or Skipped
    start,        \* of each seat: the position at which it was taken
    finished,     \* of each seat: the sequences that were read and passed
    doubled       \* whether a sequence was passed twice

vars == <<pc, cursor, limit, noted, first, second, sequence, state, lock, closed, room, toLook,
          chosen, at, read, killed, log, start, finished, doubled>>
slots == <<first, second>>
seats == <<sequence, state>>
own == <<room, toLook, chosen, at, read>>
history == <<killed, log, start, finished, doubled>>

ProducerLock == "producer"
Free == "free"
Processes == Producers \cup Consumers
Vacant == Events + Size + 1     \* beyond every sequence
None == -1
NoSeat == "no seat"
Empty == <<>>
Skipped == <<"skipped">>

\* Whose seats: two rivals for one, or one for each.
OneSeat == [c \in {"a", "b"} |-> "s"]
OwnSeats == [c \in {"a", "b"} |-> c]

Index(q) == q % Size
Min(a, b) == IF a < b THEN a ELSE b
Go(x, to) == pc' = [pc EXCEPT ![x] = to]

Init ==
    /\ pc = [x \in Processes |-> "come"]
    /\ cursor = -1
    /\ limit = Size - 1
    /\ noted = {}
    /\ first = [i \in 0..Size-1 |-> Empty]
    /\ second = [i \in 0..Size-1 |-> Empty]
    /\ sequence = [s \in Seats |-> Vacant]
    /\ state = [s \in Seats |-> "vacant"]
    /\ lock = [l \in Seats \cup {ProducerLock} |-> Free]
    /\ closed = FALSE
    /\ room = [p \in Producers |-> None]
    /\ toLook = [p \in Producers |-> {}]
    /\ chosen = [p \in Producers |-> NoSeat]
    /\ at = [c \in Consumers |-> None]
    /\ read = [c \in Consumers |-> Empty]
    /\ killed = [x \in Processes |-> 0]
    /\ log = <<>>
    /\ start = [s \in Seats |-> None]
    /\ finished = [s \in Seats |-> {}]
    /\ doubled = FALSE

(* A producer takes the production *****************************************)

\* The kernel grants the lock if no process holds it.
TakeProduction(p) ==
    /\ pc[p] = "come"
    /\ lock[ProducerLock] = Free
    /\ lock' = [lock EXCEPT ![ProducerLock] = p]
    /\ Go(p, "look at end")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, own, history>>

\* Loads the flag after it has the lock: a consumer that found the lock free may have stopped.
LookAtEnd(p) ==
    /\ pc[p] = "look at end"
    /\ Go(p, IF closed THEN "give back" ELSE "take over")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

\* Goes on at the cursor: what the predecessor noted beyond it was not published.
TakeOver(p) ==
    /\ pc[p] = "take over"
    /\ noted' = {q \in noted : q <= cursor}
    /\ Go(p, "claim")
    /\ UNCHANGED <<cursor, limit, slots, seats, lock, closed, own, history>>

GiveBack(p) ==
    /\ pc[p] = "give back"
    /\ lock' = [lock EXCEPT ![ProducerLock] = Free]
    /\ Go(p, "gone")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, own, history>>

(* A producer claims, writes and publishes *********************************)

Claim(p) ==
    /\ pc[p] = "claim"
    /\ cursor + 1 < Events
    /\ IF cursor + 1 <= limit
       THEN Go(p, "write") /\ UNCHANGED <<room, toLook>>
       ELSE /\ Go(p, "measure")
            /\ room' = [room EXCEPT ![p] = cursor]
            /\ toLook' = [toLook EXCEPT ![p] = Seats]
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, chosen, at, read,
                   history>>

\* Loads the position of a seat.
Measure(p) ==
    /\ pc[p] = "measure"
    /\ \E s \in toLook[p] :
        /\ room' = [room EXCEPT ![p] = Min(@, sequence[s])]
        /\ toLook' = [toLook EXCEPT ![p] = @ \ {s}]
        /\ Go(p, IF toLook[p] = {s} THEN "keep" ELSE "measure")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, chosen, at, read,
                   history>>

KeepLimit(p) ==
    /\ pc[p] = "keep"
    /\ limit' = room[p] + Size
    /\ Go(p, CASE closed -> "give back"
               [] cursor < room[p] + Size -> "write"
               [] OTHER -> "wait")
    /\ room' = [room EXCEPT ![p] = None]
    /\ UNCHANGED <<cursor, noted, slots, seats, lock, closed, toLook, chosen, at, read,
                   history>>

\* The record that a producer writes.  A successor does not write the same one.
Record == <<cursor + 1, [p \in Producers |-> killed[p]]>>

WriteFirst(p) ==
    /\ pc[p] = "write"
    /\ first' = [first EXCEPT ![Index(cursor + 1)] = Record]
    /\ Go(p, "write second")
    /\ UNCHANGED <<cursor, limit, noted, second, seats, lock, closed, own, history>>

WriteSecond(p) ==
    /\ pc[p] = "write second"
    /\ second' = [second EXCEPT ![Index(cursor + 1)] = Record]
    /\ Go(p, "publish")
    /\ UNCHANGED <<cursor, limit, noted, first, seats, lock, closed, own, history>>

\* Its translator raises in the middle of a record: the sequence is skipped.
Note(p) ==
    /\ MaySkip
    /\ pc[p] = "write second"
    /\ noted' = noted \cup {cursor + 1}
    /\ Go(p, "publish skipped")
    /\ UNCHANGED <<cursor, limit, slots, seats, lock, closed, own, history>>

Publish(p) ==
    /\ pc[p] \in {"publish", "publish skipped"}
    /\ cursor' = cursor + 1
    /\ log' = Append(log, IF pc[p] = "publish" THEN Record ELSE Skipped)
    /\ Go(p, "claim")
    /\ UNCHANGED <<limit, noted, slots, seats, lock, closed, own, killed, start, finished,
                   doubled>>

\* Everything is published, or the ring is closed.
Stop(p) ==
    /\ pc[p] = "claim"
    /\ closed \/ cursor + 1 = Events
    /\ Go(p, "give back")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

(* A producer without free capacity looks for dead consumers ***************)

\* Chooses a seat that may be made vacant, if no process holds it.
LookForDead(p) ==
    LET dead == {s \in Seats : /\ lock[s] = Free /\ state[s] # "vacant"
                               /\ state[s] = "taken" => Policy = "evict"} IN
    /\ pc[p] = "wait"
    /\ IF dead = {}
       THEN Go(p, "claim") /\ UNCHANGED chosen
       ELSE Go(p, "try lock") /\ \E s \in dead : chosen' = [chosen EXCEPT ![p] = s]
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, room, toLook, at, read,
                   history>>

\* The kernel grants the lock of the seat only if no process holds it.
TryLock(p) ==
    LET s == chosen[p] IN
    /\ pc[p] = "try lock"
    /\ IF lock[s] = Free
       THEN /\ lock' = [lock EXCEPT ![s] = p]
            /\ Go(p, "look at seat")
            /\ UNCHANGED chosen
       ELSE /\ chosen' = [chosen EXCEPT ![p] = NoSeat]
            /\ Go(p, "claim")
            /\ UNCHANGED lock
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, room, toLook, at, read,
                   history>>

LookAtSeat(p) ==
    LET s == chosen[p] IN
    /\ pc[p] = "look at seat"
    /\ Go(p, CASE state[s] = "vacant" -> "unlock"
               [] state[s] = "taken" /\ Policy = "keep" -> "unlock"
               [] OTHER -> "evict")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

\* Noted first, so that a seat without a position is never found taken.
Evict(p) ==
    /\ pc[p] = "evict"
    /\ state' = [state EXCEPT ![chosen[p]] = "leaving"]
    /\ Go(p, "take position")
    /\ UNCHANGED <<cursor, limit, noted, slots, sequence, lock, closed, own, history>>

TakePosition(p) ==
    /\ pc[p] = "take position"
    /\ sequence' = [sequence EXCEPT ![chosen[p]] = Vacant]
    /\ Go(p, "make vacant")
    /\ UNCHANGED <<cursor, limit, noted, slots, state, lock, closed, own, history>>

MakeVacant(p) ==
    /\ pc[p] = "make vacant"
    /\ state' = [state EXCEPT ![chosen[p]] = "vacant"]
    /\ Go(p, "unlock")
    /\ UNCHANGED <<cursor, limit, noted, slots, sequence, lock, closed, own, history>>

Unlock(p) ==
    /\ pc[p] = "unlock"
    /\ lock' = [lock EXCEPT ![chosen[p]] = Free]
    /\ chosen' = [chosen EXCEPT ![p] = NoSeat]
    /\ Go(p, "claim")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, room, toLook, at, read,
                   history>>

(* A consumer takes its seat ***********************************************)

TakeSeat(c) ==
    LET s == SeatOf[c] IN
    /\ pc[c] = "come"
    /\ lock[s] = Free
    /\ lock' = [lock EXCEPT ![s] = c]
    /\ Go(c, "find")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, own, history>>

\* A seat that was taken is handed over: the successor goes on at its position.
Find(c) ==
    /\ pc[c] = "find"
    /\ Go(c, IF state[SeatOf[c]] = "taken" THEN "look" ELSE "join")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

Join(c) ==
    /\ pc[c] = "join"
    /\ state' = [state EXCEPT ![SeatOf[c]] = "joining"]
    /\ Go(c, "load start")
    /\ UNCHANGED <<cursor, limit, noted, slots, sequence, lock, closed, own, history>>

\* As in Joining: where would it start?  Twice, and the second time the producer finds its position.
LoadStart(c) ==
    /\ pc[c] \in {"load start", "load start again"}
    /\ at' = [at EXCEPT ![c] = cursor]
    /\ Go(c, IF pc[c] = "load start" THEN "store start" ELSE "store start again")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, room, toLook, chosen, read,
                   history>>

StoreStart(c) ==
    LET s == SeatOf[c] IN
    /\ pc[c] \in {"store start", "store start again"}
    /\ sequence' = [sequence EXCEPT ![s] = at[c]]
    /\ start' = [start EXCEPT ![s] = at[c]]
    /\ finished' = [finished EXCEPT ![s] = {}]
    /\ at' = [at EXCEPT ![c] = None]
    /\ Go(c, IF pc[c] = "store start" THEN "load start again" ELSE "joined")
    /\ UNCHANGED <<cursor, limit, noted, slots, state, lock, closed, room, toLook, chosen, read,
                   killed, log, doubled>>

Joined(c) ==
    /\ pc[c] = "joined"
    /\ state' = [state EXCEPT ![SeatOf[c]] = "taken"]
    /\ Go(c, "look")
    /\ UNCHANGED <<cursor, limit, noted, slots, sequence, lock, closed, own, history>>

(* A consumer reads ********************************************************)

\* Loads the cursor, and then what is skipped up to there.
Look(c) ==
    LET next == sequence[SeatOf[c]] + 1 IN
    /\ pc[c] = "look"
    /\ next <= cursor
    /\ Go(c, IF next \in noted THEN "pass" ELSE "read")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

ReadFirst(c) ==
    /\ pc[c] = "read"
    /\ read' = [read EXCEPT ![c] = <<first[Index(sequence[SeatOf[c]] + 1)]>>]
    /\ Go(c, "read second")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, room, toLook, chosen, at,
                   history>>

ReadSecond(c) ==
    /\ pc[c] = "read second"
    /\ read' = [read EXCEPT ![c] = Append(@, second[Index(sequence[SeatOf[c]] + 1)])]
    /\ Go(c, "finish")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, room, toLook, chosen, at,
                   history>>

\* It has handled the record, or passes over a skipped one, and stores its position.
Finish(c) ==
    LET s == SeatOf[c]
        done == sequence[s] + 1 IN
    /\ pc[c] \in {"finish", "pass"}
    /\ sequence' = [sequence EXCEPT ![s] = done]
    /\ finished' = [finished EXCEPT ![s] = IF pc[c] = "finish" THEN @ \cup {done} ELSE @]
    /\ doubled' = (doubled \/ done \in finished[s])
    /\ read' = [read EXCEPT ![c] = Empty]
    /\ Go(c, "look")
    /\ UNCHANGED <<cursor, limit, noted, slots, state, lock, closed, room, toLook, chosen, at,
                   killed, log, start>>

(* A consumer stops, or leaves *********************************************)

\* Found the flag.
LookForEnd(c) ==
    /\ pc[c] = "look"
    /\ closed
    /\ Go(c, "look for producer")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

\* No process holds the production: none can publish what it had claimed before the close.
LookForProducer(c) ==
    /\ pc[c] = "look for producer"
    /\ Go(c, IF lock[ProducerLock] = Free THEN "look for last" ELSE "look")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

LookForLast(c) ==
    /\ pc[c] = "look for last"
    /\ Go(c, IF sequence[SeatOf[c]] = cursor THEN "ended" ELSE "look")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, lock, closed, own, history>>

Leave(c) ==
    /\ pc[c] = "ended" \/ (MayLeave /\ pc[c] = "look")
    /\ state' = [state EXCEPT ![SeatOf[c]] = "leaving"]
    /\ Go(c, IF pc[c] = "ended" THEN "last position" ELSE "leave position")
    /\ UNCHANGED <<cursor, limit, noted, slots, sequence, lock, closed, own, history>>

LeavePosition(c) ==
    /\ pc[c] \in {"leave position", "last position"}
    /\ sequence' = [sequence EXCEPT ![SeatOf[c]] = Vacant]
    /\ Go(c, IF pc[c] = "last position" THEN "last state" ELSE "leave state")
    /\ UNCHANGED <<cursor, limit, noted, slots, state, lock, closed, own, history>>

LeaveState(c) ==
    /\ pc[c] \in {"leave state", "last state"}
    /\ state' = [state EXCEPT ![SeatOf[c]] = "vacant"]
    /\ Go(c, IF pc[c] = "last state" THEN "last lock" ELSE "leave lock")
    /\ UNCHANGED <<cursor, limit, noted, slots, sequence, lock, closed, own, history>>

LeaveLock(c) ==
    /\ pc[c] \in {"leave lock", "last lock"}
    /\ lock' = [lock EXCEPT ![SeatOf[c]] = Free]
    /\ Go(c, IF pc[c] = "last lock" THEN "gone" ELSE "come")
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, own, history>>

(* The end, and deaths *****************************************************)

\* Any process closes the ring.  A claim that found capacity before may still be published.
Close ==
    /\ MayClose
    /\ ~closed
    /\ closed' = TRUE
    /\ UNCHANGED <<pc, cursor, limit, noted, slots, seats, lock, own, history>>

RECURSIVE Deaths(_)
Deaths(some) ==
    IF some = {} THEN 0 ELSE LET x == CHOOSE x \in some : TRUE IN killed[x] + Deaths(some \ {x})

\* The process forgets everything, and the kernel releases its locks.  It may come again.
Kill(x) ==
    /\ pc[x] \notin {"come", "gone"}
    /\ Deaths(Processes) < Kills
    /\ killed' = [killed EXCEPT ![x] = @ + 1]
    /\ lock' = [l \in DOMAIN lock |-> IF lock[l] = x THEN Free ELSE lock[l]]
    /\ Go(x, "come")
    /\ room' = IF x \in Producers THEN [room EXCEPT ![x] = None] ELSE room
    /\ toLook' = IF x \in Producers THEN [toLook EXCEPT ![x] = {}] ELSE toLook
    /\ chosen' = IF x \in Producers THEN [chosen EXCEPT ![x] = NoSeat] ELSE chosen
    /\ at' = IF x \in Consumers THEN [at EXCEPT ![x] = None] ELSE at
    /\ read' = IF x \in Consumers THEN [read EXCEPT ![x] = Empty] ELSE read
    /\ UNCHANGED <<cursor, limit, noted, slots, seats, closed, log, start, finished, doubled>>

(* All together ************************************************************)

Producing(p) ==
    LookAtEnd(p) \/ TakeOver(p) \/ GiveBack(p) \/ Claim(p) \/ Measure(p) \/ KeepLimit(p) \/
    WriteFirst(p) \/ WriteSecond(p) \/ Note(p) \/ Publish(p) \/ Stop(p) \/
    LookForDead(p) \/ TryLock(p) \/ LookAtSeat(p) \/ Evict(p) \/ TakePosition(p) \/
    MakeVacant(p) \/ Unlock(p)
Consuming(c) ==
    Find(c) \/ Join(c) \/ LoadStart(c) \/ StoreStart(c) \/ Joined(c) \/ Look(c) \/ ReadFirst(c) \/
    ReadSecond(c) \/ Finish(c) \/ LookForEnd(c) \/ LookForProducer(c) \/ LookForLast(c) \/
    LeavePosition(c) \/ LeaveState(c) \/ LeaveLock(c) \/ (pc[c] = "ended" /\ Leave(c))

Next ==
    \/ \E p \in Producers : TakeProduction(p) \/ Producing(p)
    \/ \E c \in Consumers : TakeSeat(c) \/ Consuming(c) \/ Leave(c)
    \/ Close
    \/ \E x \in Processes : Kill(x)
    \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

\* A process that lives takes its next step.  Another producer comes at some time.
Living ==
    /\ Spec
    /\ \A p \in Producers : WF_vars(Producing(p)) /\ SF_vars(TakeProduction(p))
    /\ \A c \in Consumers : WF_vars(Consuming(c))

\* A successor comes forevery seat.
Succeeded == Living /\ \A c \in Consumers : SF_vars(TakeSeat(c))

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..Events-1 /\ cursor = Len(log) - 1
    /\ noted \subseteq 0..Events-1
    /\ limit \in -1..Events+Size
    /\ \A s \in Seats : sequence[s] = Vacant \/ sequence[s] \in -1..cursor
    /\ \A s \in Seats : state[s] \in {"vacant", "joining", "taken", "leaving"}
    /\ \A s \in Seats : lock[s] \in Processes \cup {Free}
    /\ lock[ProducerLock] \in Producers \cup {Free}
    /\ closed \in BOOLEAN /\ doubled \in BOOLEAN

\* A consumer that has read a record has read all of it, and it is what was published.
NoRecordIsTorn ==
    \A c \in Consumers : pc[c] = "finish" =>
        LET number == sequence[SeatOf[c]] + 2 IN
        /\ number \in DOMAIN log
        /\ read[c] = <<log[number], log[number]>>

\* A seat has passed each record that was published after its start, because a consumer read it.
NothingIsLost ==
    \A s \in Seats : state[s] = "taken" =>
        /\ sequence[s] # Vacant
        /\ \A q \in start[s]+1..sequence[s] : q \in finished[s] \/ log[q + 1] = Skipped

\* No seat passes a record twice.
NothingIsDoubled == ~doubled

\* A seat that is kept never loses its position, unless its own consumer leaves.
ThePositionIsKept ==
    [][\A s \in Seats : Policy = "keep" /\ state[s] = "taken" /\ state'[s] # "taken" =>
        lock[s] \in Consumers /\ state'[s] = "leaving"]_vars

\* No producer writes a slot that a seat has yet to read.
NothingIsOverwritten ==
    \A p \in Producers, s \in Seats :
        pc[p] \in {"write", "write second", "publish"} /\ state[s] = "taken" =>
            cursor + 1 <= sequence[s] + Size

\* A seat that no process holds, and that a producer need not wait for, is vacant in the end.
VacantIsVacant == \A s \in Seats : state[s] = "vacant" => sequence[s] = Vacant \/ lock[s] # Free

\* A consumer that has stopped has missed nothing.
TheEndIsTheEnd ==
    \A c \in Consumers : pc[c] = "ended" => sequence[SeatOf[c]] = cursor

\* Nothing is published after a consumer has come to the end of the ring and stopped.
NothingComesAfterTheEnd ==
    [][(\E c \in Consumers : pc[c] \in {"ended", "gone"}) => cursor' = cursor]_vars

\* No dead consumer blocks the producers forever.
EverythingIsPublished == <>(closed \/ cursor = Events - 1)

\* What is published reaches every seat.
EverythingIsRead ==
    \A s \in Seats : (state[s] = "taken" /\ cursor = Events - 1) ~>
        (sequence[s] = Vacant \/ sequence[s] = Events - 1)
=============================================================================
