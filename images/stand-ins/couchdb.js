// Starts pouchdb-server as the image of CouchDB starts CouchDB: with the administrator that COUCHDB_USER and COUCHDB_PASSWORD name,
// and the databases in /opt/couchdb/data. The configuration lies in /tmp, as the server writes the password's hash back to it.
const fs = require('fs');
const http = require('http');

const {COUCHDB_USER: user, COUCHDB_PASSWORD: password} = process.env;
delete process.env.COUCHDB_PASSWORD;
const config = '/tmp/pouchdb.json';

function answer(response, status, body, headers = {}) {
  response.writeHead(status, {'Content-Type': 'application/json', ...headers});
  response.end(JSON.stringify(body) + '\n');
}

// pouchdb-server has no /_up, lets strangers read and ends when one creates a database. CouchDB asks everybody who they are.
const createServer = http.createServer;
http.createServer = (...parameters) => {
  const serve = parameters.pop();
  return createServer(...parameters, (request, response) => {
    if (request.url === '/_up') return answer(response, 200, {status: 'ok'});
    if (user && request.url !== '/' && !request.headers.authorization) {
      const error = {error: 'unauthorized', reason: 'Authentication required.'};
      return answer(response, 401, error, {'WWW-Authenticate': 'Basic realm="administrator"'});
    }
    return serve(request, response);
  });
};

const settings = {log: {file: '/tmp/pouchdb.log'}};
if (user) settings.admins = {[user]: password};
fs.writeFileSync(config, JSON.stringify(settings), {mode: 0o600});

process.argv.splice(2, Infinity, '--host', '0.0.0.0', '--port', '5984', '--dir', '/opt/couchdb/data', '--config', config);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));  // the first process has no defaults
require('/opt/pouchdb/node_modules/pouchdb-server/lib/index.js');
