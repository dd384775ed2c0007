// Registers the service with Restate, and calls it over HTTP on connections that are kept open.
//
// `node callers.mjs INGRESS ADMIN SERVICE`: three addresses, such as `http://127.0.0.1:8080`.
import http from 'node:http';
import { measure } from '../load.mjs';

const [ingress, admin, service] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

function post(address, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(address, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => (text += part));
      answer.on('end', () => (answer.statusCode < 300 ? resolve(JSON.parse(text)) : reject(new Error(`${answer.statusCode}: ${text}`))));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

await post(`${admin}/deployments`, { uri: service });
await measure(() => post(`${ingress}/threeSteps/run`, 1));
agent.destroy();
