const names = ["./nothing.mjs", "nothing", "./lib", "./a%2fb.mjs", "./a%5Cb.mjs", "#x", "#", "node:nothing", "https://example.org/x.mjs", "%41", "@s", "./lib/"];
for (const name of names) await import(name).then(() => console.log(name, "there"), (error) => console.log(name, error.name, error.code));
