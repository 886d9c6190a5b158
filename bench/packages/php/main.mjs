// PHP in WebAssembly, the build with JSPI: scripts, files, SQLite, a message to JavaScript that PHP waits for, errors.

import { loadPHPRuntime, PHP } from "@php-wasm/universal";
import { getPHPLoaderModule } from "@php-wasm/node-8-3";

const php = new PHP(await loadPHPRuntime(await getPHPLoaderModule()));

const run = async (code) => {
  const { text, exitCode, errors } = await php.run({ code: `<?php ${code}` });
  console.log(text, exitCode, errors);
};

await run("echo PHP_VERSION, ' ', PHP_OS, ' ', PHP_INT_SIZE;");
await run("echo json_encode(array_map(fn($x) => $x ** 2, range(1, 10)));");
await run("$s = 0; for ($i = 0; $i < 1000000; $i++) { $s = ($s * 31 + $i) % 1000003; } echo $s;");
await run("echo hash('sha256', 'Bident'), ' ', strrev('stressed'), ' ', preg_replace('/(\\w+) (\\w+)/', '$2 $1', 'one two');");

php.mkdir("/data");
php.writeFile("/data/a.txt", "written by JavaScript");
await run("echo file_get_contents('/data/a.txt'); file_put_contents('/data/b.txt', 'written by PHP');");
console.log(php.readFileAsText("/data/b.txt"), php.listFiles("/data"));

await run(`$db = new PDO('sqlite::memory:');
  $db->exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)');
  foreach (['x', 'y', 'z'] as $name) $db->prepare('INSERT INTO t (name) VALUES (?)')->execute([$name]);
  echo json_encode($db->query('SELECT * FROM t ORDER BY id DESC')->fetchAll(PDO::FETCH_ASSOC));`);

php.onMessage(async (message) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return `JavaScript heard ${message}`;
});
await run("echo post_message_to_js('PHP');");
await run("usleep(2000); function f() { yield 1; yield from [2, 3]; } foreach (f() as $v) echo $v; ");
await run("try { throw new RuntimeException('caught'); } catch (Exception $e) { echo get_class($e), ': ', $e->getMessage(); }");
try {
  await run("exit(3);");
} catch (error) {
  console.log(error.constructor.name, error.message.split("\n")[0]);
}
php.exit();
