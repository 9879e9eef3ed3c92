@echo off
rem Installs nhiemvu from the folder wheels, without a network, into the user's own folder.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
pushd "%~dp0"
set "NHIEMVU_HOME=%LOCALAPPDATA%\nhiemvu\1.2.3"
set "SUITS=import sys, sysconfig, venv; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), ) or sysconfig.get_platform() != 'win-amd64')"
set "PYTHON="
for %%V in (3.12 3.11) do if not defined PYTHON (
  py -%%V -c "%SUITS%" >nul 2>nul && set "PYTHON=py -%%V"
)
for %%P in (python python3) do if not defined PYTHON (
  %%P -c "%SUITS%" >nul 2>nul && set "PYTHON=%%P"
)
if not defined PYTHON (
  type noi-dung\thieu-python.txt
  goto failed
)
type noi-dung\dang-cai.txt
%PYTHON% -m venv --clear "%NHIEMVU_HOME%"
if errorlevel 1 goto broken
"%NHIEMVU_HOME%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels "nhiemvu[serve]==1.2.3"
if errorlevel 1 goto broken
if exist quy-tac\*.yaml copy /y quy-tac\*.yaml "%NHIEMVU_HOME%\Lib\site-packages\nhiemvu\rulebooks\" >nul
if errorlevel 1 goto broken
type nul >"%NHIEMVU_HOME%\xong.txt"
type noi-dung\da-cai.txt
popd
if not defined NHIEMVU_CALLED pause
exit /b 0
:broken
type noi-dung\chua-cai-duoc.txt
:failed
popd
if not defined NHIEMVU_CALLED pause
exit /b 1
