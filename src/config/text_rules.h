#ifndef ENTRYEXIT_SRC_CONFIG_TEXT_RULES_H_
#define ENTRYEXIT_SRC_CONFIG_TEXT_RULES_H_

#include <optional>
#include <string>
#include <string_view>

#include "entryexit/core/clock.h"

// What texts in the configuration must look like; private to the config module.
namespace entryexit::config {

bool IsAnyText(std::string_view text);

// "host:port" with a port from 0 to 65535; an IPv6 host in brackets.
bool IsAddress(std::string_view text);
bool IsAddressOrEmpty(std::string_view text);

// [a-z0-9][a-z0-9._-]{0,63}
bool IsModelId(std::string_view text);

// [A-Z]{1,3}: an ICAO 9303-3 code, such as "USA" or "D".
bool IsStateCode(std::string_view text);

// [A-Z0-9][A-Z0-9-]{0,7}
bool IsClassOfAdmission(std::string_view text);

// [A-Z0-9][A-Z0-9-]{0,31}: the id of a port or a lane.
bool IsPlaceId(std::string_view text);

// [A-Z0-9_]{1,32}: what personal data is looked at for.
bool IsPurposeCode(std::string_view text);

// True for an IANA name that this machine has under /usr/share/zoneinfo.
bool IsKnownTimeZone(std::string_view name);

// The day that "YYYY-MM-DD" names; none for another form or a day that the calendar lacks.
std::optional<core::Date> ParseDay(std::string_view text);

// The same as text: "2026-09-01".
std::string TextOf(core::Date day);

}  // namespace entryexit::config

#endif  // ENTRYEXIT_SRC_CONFIG_TEXT_RULES_H_
