// What both programs run in Ruby: its library, JavaScript's values, an exception each way, a fiber, a promise.

export async function run(vm) {
  console.log(vm.eval("RUBY_VERSION + ' ' + RUBY_PLATFORM").toString());
  console.log(vm.eval("(1..10).map { |x| x ** 2 }.select(&:even?).sum").toString());
  console.log(vm.eval("require 'json'; JSON.generate({ list: [1, nil, 2.5], text: 'ü' })").toString());

  vm.eval(`
    require "js"
    $stdout.sync = true
    array = JS.eval("return [3, 1, 2]")
    array.call(:sort)
    puts array.to_s
    JS.global[:fromRuby] = "set by Ruby"
    $fiber = Fiber.new { 3.times { |i| Fiber.yield i * 10 }; :done }
    4.times { puts $fiber.resume.inspect }
  `);
  console.log(globalThis.fromRuby);

  const call = vm.eval("->(a, b) { \"#{a} and #{b}\" }").call("call", vm.wrap("one"), vm.wrap("two"));
  console.log(call.toString());

  try {
    vm.eval("raise ArgumentError, 'from Ruby'");
  } catch (error) {
    console.log(error.message.split("\n")[0]);
  }
  console.log(vm.eval(`
    begin
      JS.eval("throw new RangeError('from JavaScript')")
    rescue => error
      error.class.name + ": " + error.message.lines.first
    end
  `).toString());

  const later = await vm.evalAsync(`
    slow = JS.eval("return new Promise((done) => setTimeout(() => done(42), 5))").await
    slow.to_i + 1
  `);
  console.log(later.toString());
}
