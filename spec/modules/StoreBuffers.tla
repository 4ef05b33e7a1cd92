---------------------------- MODULE StoreBuffers ----------------------------
(***************************************************************************)
(* Which plain accesses are enough.                                        *)
(*                                                                         *)
(* Threads run short programs over shared words.  A store goes into the    *)
(* thread's own buffer, and from there to memory at any later time.  A     *)
(* load sees the thread's own buffer first.  With Order = "TSO" a buffer   *)
(* drains in order, as on x86-64.  With "weak" it may drain in any order,  *)
(* except that stores to one word keep their order, and that a release     *)
(* waits for all stores before it: a machine that keeps only the required  *)
(* order.  A read-modify-write waits until the buffer is empty, and takes  *)
(* effect at once.                                                         *)
(*                                                                         *)
(* Each program is one hand-over of the protocol, reduced to the accesses  *)
(* that matter.  Forbidden says which result must not occur.  Some         *)
(* programs have a plain access where the code has none.  They show why    *)
(* the code has none.                                                      *)
(*                                                                         *)
(* Each is done once here.  Dekker, DelayedRing, DelayedFlags and          *)
(* DelayedJoin are about any number of times and of threads.               *)
(*                                                                         *)
(* Not modelled: loads out of order.  The code's loads are load-acquires,  *)
(* which keep their order.                                                 *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
    Program,      \* which one
    Order         \* "TSO" or "weak"

VARIABLES memory, buffer, at, register

vars == <<memory, buffer, at, register>>

Store(w, v) == [op |-> "store", word |-> w, value |-> v]
Release(w, v) == [op |-> "release", word |-> w, value |-> v]
Load(w) == [op |-> "load", word |-> w, value |-> 0]
Swap(w, v) == [op |-> "swap", word |-> w, value |-> v]
Add(w, v) == [op |-> "add", word |-> w, value |-> v]
\* Stores into a word what was loaded last.
Pass(w) == [op |-> "pass", word |-> w, value |-> 0]

(* The programs, a sequence of operations for each thread ******************)

Programs == [
    \* The producer writes a slot and stores the cursor; the consumer loads the cursor and reads it.
    publish |-> <<
        <<Store("slot", 1), Release("cursor", 1)>>,
        <<Load("cursor"), Load("slot")>> >>,
    publish_plain |-> <<
        <<Store("slot", 1), Store("cursor", 1)>>,
        <<Load("cursor"), Load("slot")>> >>,
    \* LiteBlocking: the waiter raises the flag and looks; the signaller stores its sequence and
    \* looks at the flag.  Both pass a fence lock in between, which takes and gives back a lock: a
    \* read-modify-write.
    lite |-> <<
        <<Release("needed", 1), Swap("fence_lock", 0), Load("sequence")>>,
        <<Release("sequence", 1), Swap("fence_lock", 0), Load("needed")>> >>,
    lite_plain_waiter |-> <<
        <<Release("needed", 1), Load("sequence")>>,
        <<Release("sequence", 1), Swap("fence_lock", 0), Load("needed")>> >>,
    lite_looks_first |-> <<
        <<Release("needed", 1), Swap("fence_lock", 0), Load("sequence")>>,
        <<Release("sequence", 1), Load("needed")>> >>,
    \* A ring with one producer closes.  The producer announces its claim and looks at the limit;
    \* the closer lowers the limit and looks at the announced claim.  The announced claim is a
    \* variable of a closure: to store it, CPython takes a lock of the variable's own and gives it
    \* back.
    announce |-> <<
        <<Store("announced", 1), Swap("fence_lock", 0), Load("limit")>>,
        <<Swap("limit", 1), Load("announced")>> >>,
    announce_plain |-> <<
        <<Store("announced", 1), Load("limit")>>,
        <<Swap("limit", 1), Load("announced")>> >>,
    announce_plain_closer |-> <<
        <<Store("announced", 1), Swap("fence_lock", 0), Load("limit")>>,
        <<Release("limit", 1), Load("announced")>> >>,
    \* The owner of a ring claims alone: it announces its claim, looks at its grant, and stores the
    \* cursor.  A newcomer revokes the grant, looks at the announcement and the cursor, and swaps
    \* the cursor if no claim is on its way.
    revoke |-> <<
        <<Store("announced", 1), Swap("fence_lock", 0), Load("limit"), Release("cursor", 1)>>,
        <<Swap("limit", 1), Load("announced"), Load("cursor")>> >>,
    revoke_plain |-> <<
        <<Store("announced", 1), Load("limit"), Release("cursor", 1)>>,
        <<Swap("limit", 1), Load("announced"), Load("cursor")>> >>,
    revoke_plain_newcomer |-> <<
        <<Store("announced", 1), Swap("fence_lock", 0), Load("limit"), Release("cursor", 1)>>,
        <<Release("limit", 1), Load("announced"), Load("cursor")>> >>,
    \* The same after a look for free capacity: the producer keeps a limit, announces its claim, and
    \* looks whether the ring is closed; the closer closes it, and lowers the limit.
    keep |-> <<
        <<Release("limit", 1), Swap("fence_lock", 0), Load("closed")>>,
        <<Release("closed", 1), Swap("limit", 2)>> >>,
    keep_plain |-> <<
        <<Release("limit", 1), Load("closed")>>,
        <<Release("closed", 1), Swap("limit", 2)>> >>,
    \* The processor clears an alert and looks at its state; the halter changes the state, and
    \* alerts.
    alert |-> <<
        <<Swap("alert", 0), Load("state")>>,
        <<Swap("state", 1), Swap("alert", 1)>> >>,
    alert_plain |-> <<
        <<Store("alert", 0), Load("state")>>,
        <<Swap("state", 1), Swap("alert", 1)>> >>,
    \* A consumer joins: members, version, then the cursor.  Other threads publish, consume, and
    \* look for free capacity: at the members, at a sequence, and at the version again.
    join |-> <<
        <<Store("members", 1), Swap("version", 1), Load("cursor")>>,
        <<Release("cursor", 1)>>,
        <<Load("cursor"), Pass("sequence")>>,
        <<Load("members"), Load("sequence"), Load("version")>> >>,
    join_unchecked |-> <<
        <<Store("members", 1), Swap("version", 1), Load("cursor")>>,
        <<Release("cursor", 1)>>,
        <<Load("cursor"), Pass("sequence")>>,
        <<Load("members"), Load("sequence")>> >>,
    join_plain |-> <<
        <<Store("members", 1), Store("version", 1), Load("cursor")>>,
        <<Release("cursor", 1)>>,
        <<Load("cursor"), Pass("sequence")>>,
        <<Load("members"), Load("sequence"), Load("version")>> >>,
    \* A single producer without a gating consumer goes round the ring: it publishes, passes a
    \* fence, then looks for gating consumers: the version, and the members.  A consumer joins:
    \* members, version, then the cursor, where it starts.
    gate |-> <<
        <<Release("cursor", 1), Add("version", 0), Load("version"), Load("members")>>,
        <<Store("members", 1), Add("version", 1), Load("cursor")>> >>,
    gate_plain |-> <<
        <<Release("cursor", 1), Load("version"), Load("members")>>,
        <<Store("members", 1), Add("version", 1), Load("cursor")>> >>,
    \* Two workers finish: each stores that it is idle, and looks at the other.
    finish |-> <<
        <<Store("busy1", 1), Swap("work", 1), Load("busy2")>>,
        <<Store("busy2", 1), Swap("work", 1), Load("busy1")>> >>,
    finish_plain |-> <<
        <<Store("busy1", 1), Load("busy2")>>,
        <<Store("busy2", 1), Load("busy1")>> >>,
    \* A worker announces its claim before it makes it: a thread that sees it in `work` sees it in
    \* `busy`.
    claim |-> <<
        <<Store("busy1", 1), Swap("work", 1)>>,
        <<Load("work"), Load("busy1")>> >>,
    \* Two consumers of a ring of values advance: one of them must see the advance of the other.
    clear |-> <<
        <<Store("one", 1), Swap("pending", 1), Load("two")>>,
        <<Store("two", 1), Swap("pending", 1), Load("one")>> >>]

Code == Programs[Program]
Threads == DOMAIN Code
Words == {
    "slot", "cursor", "needed", "fence_lock", "sequence", "announced", "limit",
    "closed", "alert", "state", "members", "version", "busy1", "busy2", "work", "one", "two",
    "pending"}

\* The alert that the processor clears was raised before.
Init ==
    /\ memory = [w \in Words |-> IF w = "alert" THEN 1 ELSE 0]
    /\ buffer = [t \in Threads |-> <<>>]
    /\ at = [t \in Threads |-> 1]
    /\ register = [t \in Threads |-> <<>>]      \* what it has loaded, in order

Pending(t, w) == {i \in DOMAIN buffer[t] : buffer[t][i].word = w}
Latest(t, w) == CHOOSE i \in Pending(t, w) : \A j \in Pending(t, w) : j <= i
Seen(t, w) == IF Pending(t, w) = {} THEN memory[w] ELSE buffer[t][Latest(t, w)].value

Step(t) ==
    LET do == Code[t][at[t]] IN
    /\ at[t] <= Len(Code[t])
    /\ at' = [at EXCEPT ![t] = @ + 1]
    /\ CASE do.op \in {"store", "release"} ->
                buffer' = [buffer EXCEPT ![t] = Append(@, do)] /\ UNCHANGED <<memory, register>>
         [] do.op = "pass" ->
                LET loaded == register[t][Len(register[t])] IN
                /\ buffer' = [buffer EXCEPT ![t] =
                     Append(@, [do EXCEPT !.op = "release", !.value = loaded])]
                /\ UNCHANGED <<memory, register>>
         [] do.op = "load" ->
                /\ register' = [register EXCEPT ![t] = Append(@, Seen(t, do.word))]
                /\ UNCHANGED <<memory, buffer>>
         [] do.op \in {"swap", "add"} ->
                /\ buffer[t] = <<>>
                /\ memory' = [memory EXCEPT ![do.word] =
                     IF do.op = "add" THEN @ + do.value ELSE do.value]
                /\ register' = [register EXCEPT ![t] = Append(@, memory[do.word])]
                /\ UNCHANGED buffer

Without(s, i) == SubSeq(s, 1, i - 1) \o SubSeq(s, i + 1, Len(s))

Drain(t) ==
    \E i \in DOMAIN buffer[t] :
        /\ Order = "TSO" => i = 1
        /\ buffer[t][i].op = "release" => i = 1
        /\ \A j \in 1..i-1 : buffer[t][j].word # buffer[t][i].word
        /\ memory' = [memory EXCEPT ![buffer[t][i].word] = buffer[t][i].value]
        /\ buffer' = [buffer EXCEPT ![t] = Without(@, i)]
        /\ UNCHANGED <<at, register>>

Next == (\E t \in Threads : Step(t) \/ Drain(t)) \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

IsOver == \A t \in Threads : at[t] > Len(Code[t]) /\ buffer[t] = <<>>

\* The last thing that a thread has loaded.
Last(t) == register[t][Len(register[t])]
LastButOne(t) == register[t][Len(register[t]) - 1]

Forbidden ==
    CASE Program \in {"publish", "publish_plain"} -> register[2] = <<1, 0>>
      [] Program \in {"lite", "lite_plain_waiter", "lite_looks_first"} -> Last(1) = 0 /\ Last(2) = 0
      \* The producer goes on, and the closer sees neither the producer nor what it published.
      [] Program \in {"shut", "shut_plain"} ->
            register[1][2] = 0 /\ LastButOne(2) = 0 /\ Last(2) = 0
      [] Program = "shut_plain_producer" -> register[1][1] = 0 /\ LastButOne(2) = 0 /\ Last(2) = 0
      \* The producer goes on, and the closer does not see its claim.
      [] Program \in {"announce", "announce_plain", "announce_plain_closer"} ->
            Last(1) = 0 /\ Last(2) = 0
      \* The owner goes on, and the newcomer sees neither its announcement nor its claim.
      [] Program \in {"revoke", "revoke_plain_newcomer"} ->
            register[1][2] = 0 /\ LastButOne(2) = 0 /\ Last(2) = 0
      [] Program = "revoke_plain" -> register[1][1] = 0 /\ LastButOne(2) = 0 /\ Last(2) = 0
      \* The producer goes on, and the closed ring has a limit that lets more claims through.
      [] Program \in {"keep", "keep_plain"} -> Last(1) = 0 /\ memory["limit"] = 1
      [] Program \in {"alert", "alert_plain"} -> Last(1) = 0 /\ memory["alert"] = 0
      [] Program \in {"join", "join_plain"} ->
            register[4][1] = 0 /\ register[4][2] > Last(1) /\ register[4][3] = 0
      [] Program = "join_unchecked" -> register[4][1] = 0 /\ register[4][2] > Last(1)
      \* It reuses the slot as if no consumer had joined, because it knows the old members, or finds
      \* them; and the consumer that joined starts before that slot.
      [] Program \in {"gate", "gate_plain"} -> (LastButOne(1) = 0 \/ Last(1) = 0) /\ Last(2) = 0
      [] Program \in {"finish", "finish_plain", "clear"} -> Last(1) = 0 /\ Last(2) = 0
      [] Program = "claim" -> register[2] = <<1, 0>>

NothingForbidden == IsOver => ~Forbidden
=============================================================================
