#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/json/quote_name.h"
#include "lib/json/utf8.h"
#include "lib/tree/tree_builder.h"
#include "lib/tree/yaml.h"
#include "lib/tree/yaml_scalar.h"

namespace faasbatch::tree {
namespace {

constexpr std::string_view kPlainTag = "?";
constexpr std::string_view kQuotedTag = "!";

std::string at(const YAML::Mark& mark, std::string_view message) {
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": " +
         std::string(message);
}

// What ends the parse early; never leaves this file.
struct Refused {
  std::string message;
};

// What an anchored node costs each time an alias brings it in again.
struct Anchored {
  Tree tree;
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  std::size_t depth = 0;
};

void measure(const Tree& tree, std::size_t depth, Anchored& cost) {
  ++cost.nodes;
  cost.bytes += tree.text.size();
  cost.depth = std::max(cost.depth, depth);
  for (const Tree& item : tree.items) measure(item, depth + 1, cost);
  for (const TreeMember& member : tree.members) {
    ++cost.nodes;
    cost.bytes += member.key.size();
    measure(member.value, depth + 1, cost);
  }
}

// The events of one document, turned into a tree. Aliases are expanded by copying, after their cost is added
// to what is there already: a bomb is refused before it is built.
class Handler final : public YAML::EventHandler {
 public:
  // `refusal`: what to say as soon as a document begins, where none may.
  explicit Handler(std::size_t maxNodes, std::string refusal = {})
      : maxNodes_(maxNodes), refusal_(std::move(refusal)) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!refusal_.empty()) throw Refused{at(mark, refusal_)};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, Tree{}); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    checkTag(mark, tag);
    if (tag == kQuotedTag) return scalar(mark, anchor, Tree::string(value));
    auto tree = resolvePlainScalar(value);
    if (!tree) throw Refused{at(mark, tree.error().message)};
    scalar(mark, anchor, std::move(*tree));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Tree::list());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Tree::map());
  }
  void OnMapEnd() override { close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{at(mark, "an alias inside the node that it names")};
    const Anchored& node = found->second;
    charge(mark, node.nodes, node.bytes);
    if (builder_.depth() + node.depth > kMaxTreeDepth) throw Refused{at(mark, "aliases nest too deep")};
    if (builder_.expectsKey()) return key(mark, node.tree);
    builder_.put(node.tree);
  }

  Tree take() { return builder_.takeRoot(); }

 private:
  static void checkTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag == kPlainTag || tag == kQuotedTag || tag.empty()) return;
    throw Refused{at(mark, "the tag " + json::quoteName(tag) + ": tags are not supported, leave it out")};
  }

  void charge(const YAML::Mark& mark, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > maxNodes_) {
      throw Refused{at(mark, "more than " + std::to_string(maxNodes_) + " nodes once aliases are expanded")};
    }
    if (bytes_ > kMaxYamlScalarBytes) throw Refused{at(mark, "too much text once aliases are expanded")};
  }

  void key(const YAML::Mark& mark, const Tree& tree) {
    if (!tree.isString()) {
      throw Refused{
          at(mark, "a key must be a string, not " + std::string(tree.kindName()) + ": put it in quotes")};
    }
    if (auto fault = builder_.key(tree.text); !fault.empty()) throw Refused{at(mark, fault)};
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Tree tree) {
    charge(mark, 1, tree.text.size());
    if (anchor != 0) remember(mark, anchor, tree);
    if (builder_.expectsKey()) return key(mark, tree);
    builder_.put(std::move(tree));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Tree tree) {
    checkTag(mark, tag);
    charge(mark, 1, 0);
    if (builder_.expectsKey()) return key(mark, tree);
    if (auto fault = builder_.open(std::move(tree)); !fault.empty()) throw Refused{at(mark, fault)};
    containers_.push_back({mark, anchor});
  }

  void close() {
    const auto [mark, anchor] = containers_.back();
    containers_.pop_back();
    Tree tree = builder_.close();
    if (anchor != 0) remember(mark, anchor, tree);
    builder_.put(std::move(tree));
  }

  // Copies kept for aliases have a budget of their own: anchors inside anchors would make many of one node.
  void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const Tree& tree) {
    Anchored node;
    measure(tree, 1, node);
    keptNodes_ += node.nodes;
    keptBytes_ += node.bytes;
    if (keptNodes_ > maxNodes_ || keptBytes_ > kMaxYamlScalarBytes)
      throw Refused{at(mark, "anchors hold too much")};
    node.tree = tree;
    anchors_.insert_or_assign(anchor, std::move(node));
  }

  std::size_t maxNodes_;
  std::string refusal_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t keptNodes_ = 0;
  std::size_t keptBytes_ = 0;
  TreeBuilder builder_;
  std::vector<std::pair<YAML::Mark, YAML::anchor_t>> containers_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
};

// Lets the parser read the text where it lies.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

// Characters outside YAML's printable set. The parser would take some of them for the end of the text.
std::optional<std::string> refusedBytes(std::string_view text) {
  std::size_t line = 1;
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); i += length) {
    const char c = text[i];
    length = json::utf8Length(text.substr(i, 4));
    if (length == 0) return "line " + std::to_string(line) + ": the text is not UTF-8";
    if (c == '\n') ++line;
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7F) || c == '\t' || c == '\n' || c == '\r') continue;
    return "line " + std::to_string(line) + ": the control character " + std::to_string(byte) +
           " is not allowed";
  }
  return std::nullopt;
}

}  // namespace

base::Result<Tree> parseYaml(std::string_view yaml, std::size_t maxNodes) {
  if (auto refused = refusedBytes(yaml)) return base::fail("InvalidYaml", *refused);
  try {
    ViewBuffer buffer(yaml);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    Handler handler(maxNodes);
    if (!parser.HandleNextDocument(handler)) return Tree{};
    Handler second(maxNodes, "there are several documents: give one at a time");
    static_cast<void>(parser.HandleNextDocument(second));
    return handler.take();
  } catch (const Refused& refused) {
    return base::fail("InvalidYaml", refused.message);
  } catch (const YAML::Exception& e) {
    return base::fail("InvalidYaml", at(e.mark, e.msg));
  }
}

base::Result<std::string> yamlToJson(std::string_view yaml, std::size_t maxNodes) {
  auto tree = parseYaml(yaml, maxNodes);
  if (!tree) return std::unexpected(std::move(tree.error()));
  return toJson(*tree);
}

}  // namespace faasbatch::tree
