-------------------------------- MODULE Graphs --------------------------------
(***************************************************************************)
(* The graphs of consumers that the configurations choose from.            *)
(*                                                                         *)
(*   One       a           Two       a, b in parallel                      *)
(*   Chain     a -> b      Diamond   a, b in parallel, then c              *)
(*                         Kite      a, then b, c in parallel, then d      *)
(***************************************************************************)

One == {"a"}
Two == {"a", "b"}
Three == {"a", "b", "c"}
Four == {"a", "b", "c", "d"}

Independent == [c \in {"a", "b", "c"} |-> {}]
Chain == [c \in {"a", "b"} |-> IF c = "b" THEN {"a"} ELSE {}]
Diamond == [c \in {"a", "b", "c"} |-> IF c = "c" THEN {"a", "b"} ELSE {}]
Kite == [c \in Four |-> CASE c = "a" -> {} [] c = "d" -> {"b", "c"} [] OTHER -> {"a"}]
=============================================================================
