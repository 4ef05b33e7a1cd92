----------------------------- MODULE FencedWords -----------------------------
(***************************************************************************)
(* Words of a machine that keeps no order by itself, such as ARM64.        *)
(*                                                                         *)
(* A thread does the operations of its program in any order that the       *)
(* architecture allows (Arm Architecture Reference Manual, B2.3, the       *)
(* ordering relations of barriers):                                        *)
(*                                                                         *)
(*   - operations on one word keep their order;                            *)
(*   - nothing is done before an earlier load-acquire;                     *)
(*   - nothing is done after a later store-release;                        *)
(*   - a load-acquire is not done before an earlier store-release.         *)
(*                                                                         *)
(* All threads see the stores in one order, as they do on ARM64.           *)
(*                                                                         *)
(* A compare-and-swap is a load-acquire and a store-release of one word,   *)
(* as where a processor has no instruction for it.  A passage through a    *)
(* lock is two of them: one takes the lock, the other gives it back.  No   *)
(* other thread uses the lock, so each succeeds.  `FencedWord` in          *)
(* ringbuffer/memory/words.py moves plainly: it passes before a store,     *)
(* and after a load.                                                       *)
(*                                                                         *)
(* Each program is one use of words that the protocol makes.  Forbidden    *)
(* says which result must not occur.  Some programs lack a part of what    *)
(* the code does.  They show why the code does it.                         *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANT Program      \* which one

VARIABLES memory, done, register

vars == <<memory, done, register>>

Move(w, v) == [op |-> "store", word |-> w, value |-> v, acquire |-> FALSE, release |-> FALSE]
Look(w) == [op |-> "load", word |-> w, value |-> 0, acquire |-> FALSE, release |-> FALSE]
Acquire(w) == [op |-> "load", word |-> w, value |-> 0, acquire |-> TRUE, release |-> FALSE]
Release(w, v) == [op |-> "store", word |-> w, value |-> v, acquire |-> FALSE, release |-> TRUE]

Swap(lock, v) == <<Acquire(lock), Release(lock, v)>>
Passage(lock) == Swap(lock, 1) \o Swap(lock, 0)

Programs == [
    \* The producer fills a slot and stores the cursor; the consumer loads the cursor and reads it.
    publish |-> <<
        <<Move("slot", 1)>> \o Passage("fence1") \o <<Move("cursor", 1)>>,
        <<Look("cursor")>> \o Passage("fence2") \o <<Look("slot")>> >>,
    \* A lock that is only taken lets what came before it into it, and what comes after it.
    publish_half |-> <<
        <<Move("slot", 1)>> \o Swap("fence1", 1) \o <<Move("cursor", 1)>>,
        <<Look("cursor")>> \o Passage("fence2") \o <<Look("slot")>> >>,
    read_half |-> <<
        <<Move("slot", 1)>> \o Passage("fence1") \o <<Move("cursor", 1)>>,
        <<Look("cursor")>> \o Swap("fence2", 1) \o <<Look("slot")>> >>,
    publish_plain |-> <<
        <<Move("slot", 1), Move("cursor", 1)>>,
        <<Look("cursor")>> \o Passage("fence2") \o <<Look("slot")>> >>,
    read_plain |-> <<
        <<Move("slot", 1)>> \o Passage("fence1") \o <<Move("cursor", 1)>>,
        <<Look("cursor"), Look("slot")>> >>,
    \* The consumer reads the slot and stores its sequence; the producer loads that and fills the
    \* slot again.  The consumer must not read what was filled in later.
    reuse |-> <<
        <<Look("sequence")>> \o Passage("fence1") \o <<Move("slot", 1)>>,
        <<Look("slot")>> \o Passage("fence2") \o <<Move("sequence", 1)>> >>,
    reuse_plain |-> <<
        <<Look("sequence")>> \o Passage("fence1") \o <<Move("slot", 1)>>,
        <<Look("slot"), Move("sequence", 1)>> >>,
    \* One thread passes on what it has seen: producer, consumer, and a consumer behind it.
    chain |-> <<
        <<Move("slot", 1)>> \o Passage("fence1") \o <<Move("cursor", 1)>>,
        <<Look("cursor")>> \o Passage("fence2") \o Passage("fence2") \o <<Move("sequence", 1)>>,
        <<Look("sequence")>> \o Passage("fence3") \o <<Look("slot")>> >>,
    \* Flags of several slots are filled after one passage, and searched before one.
    flags |-> <<
        <<Move("slot", 1)>> \o Passage("fence1") \o <<Move("flag1", 1), Move("flag2", 1)>>,
        <<Look("flag2"), Look("flag1")>> \o Passage("fence2") \o <<Look("slot")>> >>]

Code == Programs[Program]
Threads == DOMAIN Code
Words == {
    "slot", "cursor", "sequence", "flag1", "flag2", "fence1", "fence2", "fence3"}

Init ==
    /\ memory = [w \in Words |-> 0]
    /\ done = [t \in Threads |-> {}]                   \* the operations that are done
    /\ register = [t \in Threads |-> [i \in DOMAIN Code[t] |-> 0]]      \* what each has loaded

\* Whether the architecture keeps the order of two operations of one thread.
Ordered(first, second) ==
    \/ first.word = second.word
    \/ first.acquire
    \/ second.release
    \/ first.release /\ second.acquire

Step(t, i) ==
    LET do == Code[t][i] IN
    /\ i \notin done[t]
    /\ \A j \in 1..i-1 : Ordered(Code[t][j], do) => j \in done[t]
    /\ done' = [done EXCEPT ![t] = @ \cup {i}]
    /\ IF do.op = "store"
       THEN memory' = [memory EXCEPT ![do.word] = do.value] /\ UNCHANGED register
       ELSE register' = [register EXCEPT ![t][i] = memory[do.word]] /\ UNCHANGED memory

Next == (\E t \in Threads : \E i \in DOMAIN Code[t] : Step(t, i)) \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

IsOver == \A t \in Threads : done[t] = DOMAIN Code[t]

First(t) == register[t][1]
Last(t) == register[t][Len(Code[t])]

Forbidden ==
    CASE Program \in {"publish", "publish_half", "publish_plain", "read_half", "read_plain"} ->
            First(2) = 1 /\ Last(2) = 0
      [] Program \in {"reuse", "reuse_plain"} -> First(1) = 1 /\ First(2) = 1
      [] Program = "chain" -> First(2) = 1 /\ First(3) = 1 /\ Last(3) = 0
      [] Program = "flags" -> (First(2) = 1 \/ register[2][2] = 1) /\ Last(2) = 0

NothingForbidden == IsOver => ~Forbidden
=============================================================================
