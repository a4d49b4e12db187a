// aws-local-stepfunctions as a peer: a line {definition, input, runs} in, a line {seconds, output} out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2] + "/");
const { StateMachine } = require("aws-local-stepfunctions");

for await (const line of createInterface({ input: process.stdin })) {
  const { definition, input } = JSON.parse(line);
  let answer;
  try {
    const machine = new StateMachine(definition, { validationOptions: { checkPaths: false, checkArn: false } });
    const started = process.hrtime.bigint();
    const output = await machine.run(input).result;
    answer = { seconds: Number(process.hrtime.bigint() - started) / 1e9, output };
  } catch (error) {
    answer = { error: String(error).slice(0, 200) };
  }
  console.log(JSON.stringify(answer));
}
