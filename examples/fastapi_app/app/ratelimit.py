"""Status polling: one request per session in two seconds, over all workers."""

import math
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
