"""Management of health files (居民健康档案): opened with a number, moved, archived, sealed on death, corrected with a trail."""
