#include "lua_runner.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <lua.hpp>

#include "core/text.h"
#include "lua_values.h"

// Lua's errors leave a C function by longjmp, past the destructors of C++: whatever here can raise
// one owns nothing at that moment.
namespace holdfast::core {
namespace {

int RefuseToRead(lua_State* lua) {
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    lua_tostring(lua, 2));
}

int RefuseToWrite(lua_State* lua) { return luaL_error(lua, "Attempt to modify a readonly table"); }

// The error as a table: its text, and where it happened.
void MakeTable(lua_State* lua) {
  if (lua_istable(lua, 1)) return;
  lua_getglobal(lua, "tostring");
  lua_insert(lua, 1);
  lua_call(lua, 1, 1);
  lua_pushliteral(lua, "ERR ");
  lua_insert(lua, 1);
  lua_concat(lua, 2);
  lua_createtable(lua, 0, 3);
  lua_insert(lua, 1);
  lua_setfield(lua, 1, "err");
}

int DescribeError(lua_State* lua) {
  MakeTable(lua);
  lua_Debug place = {};
  int level = 1;
  if (lua_getstack(lua, level, &place) == 0) return 1;
  lua_getinfo(lua, "Sl", &place);
  if (*place.what == 'C' && lua_getstack(lua, ++level, &place) != 0) {
    lua_getinfo(lua, "Sl", &place);
  }
  lua_pushfstring(lua, ", on %s:%d.", place.source, place.currentline);
  lua_setfield(lua, 1, "place");
  return 1;
}

// redis.error_reply: the text as an error, with the general code if it has none.
int MakeErrorReply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    PushError(lua, "ERR wrong number or type of arguments");
    return 1;
  }
  std::string_view text(lua_tostring(lua, 1));
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.find(' ') != text.npos) {
    PushError(lua, text);
  } else {
    PushError(lua, "ERR " + std::string(text));
  }
  return 1;
}

std::string FieldOf(lua_State* lua, const char* name) {
  lua_getfield(lua, -1, name);
  const char* text = lua_tostring(lua, -1);
  std::string field = text == nullptr ? "" : text;
  lua_pop(lua, 1);
  return field;
}

// As "%.17g" writes it, which takes its time.
std::string_view WriteNumber(double number, std::array<char, 32>& text) {
  constexpr double kExact = 1e15;
  if (number > 0 && number < kExact && number == std::trunc(number)) {
    const auto end = std::to_chars(text.begin(), text.end(), static_cast<std::int64_t>(number));
    return {text.data(), static_cast<std::size_t>(end.ptr - text.data())};
  }
  const int size = snprintf(text.data(), text.size(), "%.17g", number);
  return {text.data(), static_cast<std::size_t>(size)};
}

void AddError(Reply& reply, const std::string& text) {
  reply.AddText(Reply::kNone, ReplyType::kError, OneLine(text));
}

}  // namespace

void LuaRunner::Close::operator()(lua_State* lua) const { lua_close(lua); }

LuaRunner::LuaRunner(Edition edition) : edition_(edition), lua_(luaL_newstate()) {
  OpenLibraries();
  AddRedis();
  SetWords("KEYS", {});
  SetWords("ARGV", {});
  ForbidNewGlobals();
  // What a script leaves is little, and collecting it would be a tenth of the time.
  lua_gc(lua_.get(), LUA_GCSETPAUSE, 1'000);
}

void LuaRunner::OpenLibraries() {
  for (const lua_CFunction open : {luaopen_base, luaopen_string, luaopen_table, luaopen_math}) {
    lua_pushcfunction(lua_.get(), open);
    lua_call(lua_.get(), 0, 0);
  }
  for (const char* name :
       {"dofile", "loadfile", "newproxy", "pcall", "print", "require", "xpcall"}) {
    lua_pushnil(lua_.get());
    lua_setglobal(lua_.get(), name);
  }
  lua_getglobal(lua_.get(), "math");
  for (const char* name : {"random", "randomseed"}) {
    lua_pushnil(lua_.get());
    lua_setfield(lua_.get(), -2, name);
  }
  lua_pop(lua_.get(), 1);
}

void LuaRunner::AddRedis() {
  lua_newtable(lua_.get());
  lua_pushlightuserdata(lua_.get(), this);
  lua_pushcclosure(lua_.get(), &LuaRunner::Call, 1);
  lua_setfield(lua_.get(), -2, "call");
  lua_pushlightuserdata(lua_.get(), this);
  lua_pushcclosure(lua_.get(), &LuaRunner::PCall, 1);
  lua_setfield(lua_.get(), -2, "pcall");
  lua_pushcfunction(lua_.get(), &MakeErrorReply);
  lua_setfield(lua_.get(), -2, "error_reply");
  lua_setglobal(lua_.get(), "redis");
}

void LuaRunner::ForbidNewGlobals() {
  lua_newtable(lua_.get());
  lua_pushcfunction(lua_.get(), &RefuseToRead);
  lua_setfield(lua_.get(), -2, "__index");
  lua_pushcfunction(lua_.get(), &RefuseToWrite);
  lua_setfield(lua_.get(), -2, "__newindex");
  lua_setmetatable(lua_.get(), LUA_GLOBALSINDEX);
}

void LuaRunner::SetWords(const char* name, Words words) {
  lua_createtable(lua_.get(), static_cast<int>(words.size()), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    lua_pushlstring(lua_.get(), words[i].data(), words[i].size());
    lua_rawseti(lua_.get(), -2, static_cast<int>(i) + 1);
  }
  lua_setglobal(lua_.get(), name);
}

bool LuaRunner::PushFunction(const Script& script, Reply& reply) {
  const auto found = functions_.find(script.sha1);
  if (found != functions_.end()) {
    lua_rawgeti(lua_.get(), LUA_REGISTRYINDEX, found->second);
    return true;
  }
  if (luaL_loadbuffer(lua_.get(), script.text.data(), script.text.size(), "@user_script") != 0) {
    AddError(reply, std::string("ERR Error compiling script (new function): ") +
                        lua_tostring(lua_.get(), -1));
    return false;
  }
  lua_pushvalue(lua_.get(), -1);
  functions_[std::string(script.sha1)] = luaL_ref(lua_.get(), LUA_REGISTRYINDEX);
  return true;
}

void LuaRunner::Run(const Script& given, Words keys, Words arguments, RedisModel& redis,
                    std::int64_t now_us, Reply& reply) {
  const Script& script = edition_(given);
  reply.Clear();
  redis_ = &redis;
  now_us_ = now_us;
  lua_State* lua = lua_.get();
  lua_settop(lua, 0);
  lua_pushcfunction(lua, &DescribeError);
  if (!PushFunction(script, reply)) return;
  SetWords("KEYS", keys);
  SetWords("ARGV", arguments);
  if (lua_pcall(lua, 0, 1, 1) == 0) return PopToReply(lua, reply);
  AddError(reply,
           FieldOf(lua, "err") + " script: " + std::string(script.sha1) + FieldOf(lua, "place"));
}

int LuaRunner::Call(lua_State* lua) {
  auto* runner = static_cast<LuaRunner*>(lua_touserdata(lua, lua_upvalueindex(1)));
  return runner->Execute(lua) ? 1 : lua_error(lua);
}

int LuaRunner::PCall(lua_State* lua) {
  static_cast<LuaRunner*>(lua_touserdata(lua, lua_upvalueindex(1)))->Execute(lua);
  return 1;
}

// Pushes what the command answers; false if that is an error.
bool LuaRunner::Execute(lua_State* lua) {
  if (!ReadArguments(lua)) return false;
  redis_->Execute(words_, now_us_, reply_, RedisModel::Caller::kScript);
  PushReply(lua, reply_.root());
  return !reply_.root().is_error();
}

bool LuaRunner::ReadArguments(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) {
    PushError(lua, "ERR Please specify at least one argument for this redis lib call");
    return false;
  }
  words_.resize(count);
  numbers_.resize(count);
  for (int i = 0; i < count; ++i) {
    if (lua_type(lua, i + 1) == LUA_TNUMBER) {
      words_[i] = WriteNumber(lua_tonumber(lua, i + 1), numbers_[i]);
    } else if (lua_type(lua, i + 1) == LUA_TSTRING) {
      words_[i] = {lua_tostring(lua, i + 1), lua_objlen(lua, i + 1)};
    } else {
      PushError(lua, "ERR Lua redis lib command arguments must be strings or integers");
      return false;
    }
  }
  return true;
}

}  // namespace holdfast::core
