@echo off
rem Drop workbooks on this file, or open it for the page. What is done is in Python: nhiemvu\cli\start.py.
rem ASCII only, and no path of a workbook in any command: names may hold spaces, marks, ampersands and percent signs.
setlocal EnableExtensions EnableDelayedExpansion
chcp 65001 >nul
title nhiemvu
set "NHIEMVU_CALLED=!cmdcmdline!"
set "OPENED="
if /i not "!cmdcmdline:danh-gia.cmd=!"=="!cmdcmdline!" set "OPENED=1"
setlocal DisableDelayedExpansion
set "NHIEMVU_FROM=%CD%"
pushd "%~dp0"
set "NHIEMVU_HOME=%LOCALAPPDATA%\nhiemvu\1.2.3"
set "PYTHONUTF8=1"
set "CODE=0"
if exist "%NHIEMVU_HOME%\xong.txt" goto start
call .\cai-dat.cmd
if errorlevel 1 (
  set "CODE=1"
  goto finish
)
:start
"%NHIEMVU_HOME%\Scripts\python.exe" -m nhiemvu.cli.start %*
set "CODE=%ERRORLEVEL%"
:finish
popd
if not defined OPENED exit /b %CODE%
pause
exit %CODE%
