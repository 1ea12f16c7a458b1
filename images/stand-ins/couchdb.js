// Starts pouchdb-server with the administrator that COUCHDB_USER and COUCHDB_PASSWORD name, as the image of CouchDB does. The
// databases lie in /opt/couchdb/data; the configuration in /tmp, as the server writes the password's hash back to it.
const fs = require('fs');

const {COUCHDB_USER: user, COUCHDB_PASSWORD: password} = process.env;
delete process.env.COUCHDB_PASSWORD;
const data = '/opt/couchdb/data';
const config = '/tmp/pouchdb.json';

const settings = {log: {file: '/tmp/pouchdb.log'}};
if (user) {
  settings.admins = {[user]: password};
  settings.couch_httpd_auth = {require_valid_user: true};
}
fs.writeFileSync(config, JSON.stringify(settings), {mode: 0o600});

process.argv.splice(2, Infinity, '--host', '0.0.0.0', '--port', '5984', '--dir', data, '--config', config);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));  // the first process has no defaults
require('/opt/pouchdb/node_modules/pouchdb-server/lib/index.js');
