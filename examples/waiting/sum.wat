;; What a C compiler makes of
;;
;;   int next(int reader);
;;   int sum(int reader, int count) {
;;     int sum = 0;
;;     while (count-- > 0) sum += next(reader);
;;     return sum;
;;   }
;;
;; Nothing here knows of promises: `next` is a plain import with a plain result.
(module $sum
  (import "host" "next" (func $next (param $reader i32) (result i32)))
  (func $sum (export "sum") (param $reader i32) (param $count i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $more
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (local.set $sum (i32.add (local.get $sum) (call $next (local.get $reader))))
        (br $more)))
    (local.get $sum)))
