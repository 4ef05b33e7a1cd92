--------------------------- MODULE DelayedJoinProof ---------------------------
(***************************************************************************)
(* Why DelayedJoin is right for any producers, residents and joiners, and  *)
(* any number of delayed stores.  `Inv` is inductive.                      *)
(*                                                                         *)
(* The reason: what a producer keeps is in memory as the sequence of a     *)
(* consumer, so it is not above the cursor there.  A joiner that raises    *)
(* the version after that starts at that cursor, or at a later one.  A     *)
(* producer that loads the version later finds the joiner a member.        *)
(***************************************************************************)
EXTENDS DelayedJoin

ASSUME
    /\ Events \in Nat
    /\ IsFiniteSet(Producers)
    /\ IsFiniteSet(Residents)
    /\ IsFiniteSet(Joiners)
    /\ Residents # {}
    /\ Producers \cap Residents = {}
    /\ Producers \cap Joiners = {}
    /\ Residents \cap Joiners = {}
    /\ Fenced = TRUE
    /\ Checked = TRUE

\* Where each thread may be.
Places ==
    /\ \A p \in Producers : pc[p] \in {"rest", "members", "look"}
    /\ \A c \in Residents : pc[c] \in {"wait", "work"}
    /\ \A b \in Joiners : pc[b] \in {"away", "stored", "start", "wait", "work"}

\* Memory is behind what its thread knows; a sequence in memory is not above the cursor in memory.
Behind ==
    /\ -1 <= cursor
    /\ cursor <= published
    /\ published < Events
    /\ 0 <= version
    /\ \A c \in Consumers :
        /\ -1 <= sequence[c]
        /\ sequence[c] <= finished[c]
        /\ finished[c] <= cursor
        /\ pc[c] = "work" => finished[c] <= available[c] /\ available[c] <= cursor

\* A joiner that has raised the version is a member, and its version is in memory.
Members ==
    /\ Residents \subseteq members
    /\ members \subseteq Consumers
    /\ \A b \in Joiners : pc[b] \notin {"away", "stored"} => b \in members /\ b \in raised

\* A producer whose version is the last one has all that have raised it among the members.
Minima ==
    \A p \in Producers :
        /\ seen[p] <= version
        /\ toRead[p] \subseteq Consumers
        /\ pc[p] = "look" => \A c \in Residents : c \in toRead[p] \/ lowest[p] <= sequence[c]
        /\ pc[p] = "look" /\ seen[p] = version =>
            \A b \in Joiners :
                pc[b] \notin {"away", "stored"} => b \in toRead[p] \/ lowest[p] <= sequence[b]

\* What is kept is not above the cursor, where joiners start.
Kept == \A p \in Producers : kept[p] <= cursor

Inv == Places /\ Behind /\ Members /\ Minima /\ Kept /\ NothingIsMissed

Safety == TypeOK /\ NothingIsMissed

\* What is in memory is not lost.
MemoryGrows ==
    /\ cursor <= cursor'
    /\ version <= version'
    /\ \A c \in Consumers : sequence[c] <= sequence'[c]

Steps == MemoryGrows

\* For TLC.
StepsHold == [][Steps]_vars
=============================================================================
