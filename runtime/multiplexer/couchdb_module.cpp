#include "runtime/multiplexer/couchdb_module.h"

#include <dlfcn.h>

namespace faasbatch::multiplexer {

base::Result<std::unique_ptr<Backend>> loadCouchDb(base::Loop& loop, const std::string& url,
                                                   const std::string& libexec) {
  const std::string path = libexec + "/" + kCouchDbModule;
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: backends live in it
  void* symbol = module != nullptr ? ::dlsym(module, kCouchDbFactory) : nullptr;
  if (symbol == nullptr)
    return base::fail("StoreUnavailable", std::string("the CouchDB module does not load: ") + ::dlerror());
  std::string why;
  std::unique_ptr<Backend> backend(reinterpret_cast<CouchDbFactory>(symbol)(loop, url, why));
  if (!backend) return base::fail("StoreUnavailable", why);
  return backend;
}

}  // namespace faasbatch::multiplexer
