// Endpoints and their URLs, under the names by which the core knows them.
#ifndef HOLDFAST_CORE_URL_H_
#define HOLDFAST_CORE_URL_H_

#include "holdfast/endpoint.h"

namespace holdfast::core {

using holdfast::Endpoint;
using holdfast::FormatUrl;
using holdfast::MaskUrl;
using holdfast::ParseUrl;

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_URL_H_
