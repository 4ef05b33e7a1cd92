----------------------------- MODULE DekkerProof ------------------------------
(***************************************************************************)
(* Why Dekker is right for any number of threads that announce themselves  *)
(* any number of times, with any number of delayed stores.  `Inv` is       *)
(* inductive.                                                              *)
(***************************************************************************)
EXTENDS Dekker

ASSUME
    /\ IsFiniteSet(Threads)
    /\ Times \in Nat
    /\ Fenced = Threads
    /\ Releases = TRUE

\* Where each thread may be.
Places == \A t \in Threads : pc[t] \in {"rest", "announce", "fence", "look"}

\* How far memory is behind a thread, and that each announcement has data of its own.
Buffers ==
    \A t \in Threads :
        /\ 0 <= announced[t]
        /\ announced[t] <= times[t]
        /\ announced[t] <= data[t]
        /\ data[t] <= stored[t]
        /\ stored[t] = times[t] + IF pc[t] = "announce" THEN 1 ELSE 0
        /\ stored[t] <= Times

\* A thread looks only once its announcement is in memory, where it stays.
InMemory == \A t \in Threads : pc[t] \in {"look", "rest", "announce"} => announced[t] = times[t]

\* What a thread has found was in memory.
Found == \A t \in Threads : \A u \in Threads : found[t][u] <= announced[u]

Inv == Places /\ Buffers /\ InMemory /\ Found /\ OneSeesTheOther

Safety == TypeOK /\ OneSeesTheOther /\ DataIsThere

\* What is in memory is not lost.
MemoryGrows ==
    \A t \in Threads : data[t] <= data'[t] /\ announced[t] <= announced'[t]

Steps == MemoryGrows

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
